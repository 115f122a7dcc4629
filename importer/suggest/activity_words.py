"""The fields that every activity has, and the headings by which a time is told to be one of something that happened."""

from __future__ import annotations

from dataclasses import replace

from importer.suggest.fields import Field, Kind, named, split_names

_NOT_AN_EVENT = """
    created | created at | created on | created date | created time | creation date | date created | registered |
    registered at | registered on | registration date | registration time | sign up date | signup date | signed up
    | submitted | submitted at | submitted on | submission date | submission time | submit date | submit time |
    response time | modified | modified on | modified at | modified date | last modified | updated | updated at |
    updated on | last updated | last activity | last activity date | last contacted | last login | birth date |
    date of birth | dob | born | born on | birthday | expiry date | valid until | due date | due on | next follow
    up | follow up on | follow up date | followup date | next call | next call date | leave time | left at |
    leaving time | end time | ended at | check out | checked out | call end | call end time | anniversary |
    joining date | date of joining | completed at | date added | added on | entry date | enquiry date | inquiry
    date | erstellt | erstellt am | erstellungsdatum | registriert am | anmeldedatum | angemeldet am | eingegangen
    am | geandert am | geburtsdatum | geburtstag | wiedervorlage | verlassen um | anrufende | date de creation |
    cree le | date d'inscription | inscrit le | soumis le | date de soumission | date de naissance | modifie le |
    heure de depart | prochain rappel | fecha de creacion | creado | creado el | fecha de registro | registrado el
    | fecha de alta | enviado el | fecha de nacimiento | hora de salida | proxima llamada | data de criacao |
    criado em | data de cadastro | data de registro | data de inscricao | inscrito em | data de nascimento | data
    di nascita | data di creazione | geboortedatum | aangemaakt op | tanggal lahir | tanggal daftar | janm tithi |
    janm ki tithi | panjikaran tithi
"""
"""Times at which nothing happened that an activity would tell of: entering data, birthdays, what is due."""

_TIME = named(
    "activity",
    "ActivityDateTime",
    Kind.DATE,
    """activity date | activity date time | activity time | activity on | event date | event time | event date time |
    date of event | joined at | join time | joined | joined on | time joined | attended at | attended on |
    attendance date | check in | check in time | checked in | checked in at | scan time | scanned at | scanned on |
    scan date | badge scanned at | visit date | visited | visited on | visited at | visit time | date of visit |
    call date | call time | call start | call start time | call started | call date time | called on | called at |
    date of call | start time | started at | paid at | paid on | payment date | date of payment | transaction date |
    transaction time | transaction date time | purchase date | purchased on | order date | ordered at | sent at |
    sent on | send time | sent date | opened at | open time | opened on | clicked at | click time | event timestamp |
    action date | asked on | asked at | meeting date | appointment date | interaction date | occurred at | happened at |
    delivered at | date and time | date time |
    anrufdatum | anrufzeit | anrufbeginn | gesprachsbeginn | beitrittszeit | beigetreten um | teilgenommen am |
    besuchsdatum | besucht am | scanzeit | gescannt am | zahlungsdatum | bezahlt am | zahldatum | datum und uhrzeit |
    gesendet am | geoffnet am | buchungsdatum | kaufdatum | zeitpunkt |
    date d'appel | heure d'appel | date de l'appel | date et heure | date de visite | date de la visite |
    heure d'arrivee | date de paiement | date du paiement | paye le | scanne le | envoye le | ouvert le | horodatage |
    fecha y hora | fecha de llamada | fecha de la llamada | hora de llamada | inicio de llamada | fecha de visita |
    fecha de la visita | fecha de pago | fecha del pago | hora de entrada | fecha de escaneo | escaneado el |
    fecha de asistencia | fecha de envio | fecha de apertura | fecha de compra |
    data e hora | data da chamada | data da ligacao | inicio da chamada | hora de entrada | data da visita |
    data de pagamento | data do pagamento | pago em | lido em | enviado em | aberto em | data da compra |
    data e ora | data chiamata | data della visita | data di pagamento | datum en tijd | beldatum |
    tanggal dan waktu | waktu masuk | tanggal kunjungan | tanggal pembayaran |
    dinank aur samay | call ka samay | bhugtan ki tithi | bhugtan tithi | aagman samay""",
    """date | time | timestamp | when | day | datum | zeit | uhrzeit | fecha | data | hora | tanggal | waktu | dinank |
    tithi | samay | ora | heure | tijd | time of day | दिनांक | तिथि | समय | on""",
)

ACTIVITY_TIME = replace(_TIME, unlike=split_names(_NOT_AN_EVENT), timed=True)

ACTIVITY_NOTE = named(
    "activity",
    "ActivityNote",
    Kind.NOTE,
    """activity note | activity notes | call notes | call note | call remarks | visit notes | call summary | summary |
    agent remarks | agent notes | rep notes | staff notes | disposition remarks | call comments | meeting notes |
    notes | note | remarks | remark | comments | comment | description | message |
    bemerkung | bemerkungen | notiz | notizen | gesprachsnotiz | kommentar | kommentare | anmerkung | anmerkungen |
    remarque | remarques | commentaire | commentaires | compte rendu | observations |
    notas | nota | observaciones | comentario | comentarios | notas de la llamada | observacoes | observacao |
    osservazioni | opmerking | opmerkingen | catatan | tippani | टिप्पणी""",
    "feedback | details | question | questions | narration | message text",
)

ACTIVITY_CODE = named(
    "activity",
    "ActivityEvent",
    Kind.CODE,
    "activity event | activity event code | activity code | activity type code | event code | activity type id",
    "activity type | activity | event type | interaction type | activity name",
)

ACTIVITY_OWNER = named(
    "activity",
    "ActivityOwnerEmail",
    Kind.EMAIL,
    """activity owner email | activity owner | owner email | agent email | agent e-mail | agent email id | rep email |
    staff email | counsellor email | counselor email | advisor email | executive email | telecaller email |
    e-mail des agenten | e-mail berater | correo del agente | correo del asesor | email do agente |
    email du conseiller | e-mail du conseiller | handled by email | called by email""",
    "agent | handled by | owner | staff",
)

ACTIVITY_FIELDS: tuple[Field, ...] = (ACTIVITY_TIME, ACTIVITY_NOTE, ACTIVITY_CODE, ACTIVITY_OWNER)
"""What every activity has, whichever its type."""
