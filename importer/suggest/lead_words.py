"""The lead fields that every account has, with the names that exports in several languages give them.

In each list: English, then German, French, Spanish, Portuguese, Italian, Dutch, Indonesian and Hindi.
"""

from __future__ import annotations

from importer.suggest.fields import WHOLE_NAME, Field, Kind, named


def _lead(name: str, kind: Kind, names: str, vague: str = "") -> Field:
    return named("lead", name, kind, names, vague)


_PERSON = (
    _lead(
        "ProspectID",
        Kind.ID,
        """lead id | prospect id | lsq id | leadsquared id | leadsquared lead id | lead guid | related prospect id |
        lead uuid | lead identifier | crm lead id | crm id | lead kennung | id du lead | id del lead | id do lead""",
    ),
    _lead(
        "FirstName",
        Kind.PERSON,
        """first name | given name | forename | fname | christian name | vorname | rufname | prenom | nombre de pila |
        primer nombre | primeiro nome | nome proprio | voornaam | nama depan | pehla naam | pratham naam |
        first name of attendee | नाम का पहला भाग | पहला नाम""",
        "nombre | nome | first",
    ),
    _lead(
        "LastName",
        Kind.PERSON,
        """last name | surname | family name | lname | second name | nachname | familienname | zuname | nom de famille |
        apellido | apellidos | primer apellido | sobrenome | apelido | ultimo nome | cognome | achternaam |
        nama belakang | upnaam | kulnaam | antim naam | उपनाम | कुलनाम""",
        "nom | last",
    ),
    _lead(
        WHOLE_NAME,
        Kind.WHOLE_NAME,
        """full name | complete name | name of the student | name of the attendee | first and last name |
        first name last name | lead name | contact name | customer name | student name | attendee name | guest name |
        participant name | applicant name | visitor name | candidate name | person name | name of participant |
        vollstandiger name | vor und nachname | vorname und nachname | name des teilnehmers | kundenname |
        nom complet | nom et prenom | prenom et nom | nom du participant | nombre completo | nombre y apellido |
        nombre y apellidos | nome completo | nome e sobrenome | nome e cognome | volledige naam | nama lengkap |
        pura naam | poora naam | vidyarthi ka naam | chhatra ka naam | पूरा नाम""",
        """name | user name (original name) | your name | nombre | nome | nom | naam | nama | student | attendee |
        customer | participant | patient | patient name | teilnehmer | kunde | alumno | aluno | cliente | नाम |
        contact | guest""",
    ),
    _lead(
        "EmailAddress",
        Kind.EMAIL,
        """email | e-mail | email address | e-mail address | mail | mail address | email id | mail id | emailid |
        primary email | work email | business email | user email | email 1 | e-mail adresse | mailadresse |
        emailadresse | adresse e-mail | adresse mail | adresse electronique | courriel | mel | correo |
        correo electronico | direccion de correo | direccion de correo electronico | correo e | endereco de e-mail |
        endereco de email | endereco eletronico | correio eletronico | indirizzo e-mail | posta elettronica |
        e-mailadres | alamat email | surel | ईमेल | ई-मेल | mail pata | to address""",
        "contact | recipient | to | username | login | user",
    ),
    _lead(
        "Phone",
        Kind.PHONE,
        """phone | phone number | telephone | telephone number | tel | tel no | phone no | contact number | contact no |
        contact phone | ph no | phone 1 | primary phone | calling number | caller number | caller id |
        customer number | telefon | telefonnummer | rufnummer | tel nr | telefono |
        numero de telefono | numero de telephone | no de telephone | telefone | numero de telefone |
        numero di telefono | telefoonnummer | telefoon | telepon | nomor telepon | no telp | doorbhash |
        phone nambar | sampark number | sampark nambar | फोन | फ़ोन नंबर | दूरभाष""",
        "number | numero | caller | callee | to | contact | dialled number | number dialled | called number",
    ),
    _lead(
        "Mobile",
        Kind.PHONE,
        """mobile | mobile number | mobile no | mobile phone | cell | cell phone | cellphone | cell number | handphone |
        mob no | mob | handy | handynummer | mobil | mobilnummer | mobiltelefon | portable | telephone portable |
        numero de portable | tel portable | movil | celular | telefono movil | telefono celular | numero de celular |
        numero de movil | telemovel | telefone celular | cellulare | mobiele nummer | mobiel | nomor hp | no hp |
        mobile nambar | मोबाइल | मोबाइल नंबर""",
        """whatsapp | whatsapp number | whatsapp no | alternate phone | alternate number | alternate mobile | phone 2 |
        alternate contact number | second phone | other phone | secondary phone""",
    ),
)

_WORK = (
    _lead(
        "Company",
        Kind.TEXT,
        """company | company name | organisation | organization | organization name | organisation name | employer |
        business name | firm | firma | firmenname | unternehmen | arbeitgeber | entreprise | societe |
        nom de l'entreprise | raison sociale | empresa | compania | nombre de la empresa | nome da empresa | azienda |
        bedrijf | bedrijfsnaam | perusahaan | nama perusahaan | kampani | company ka naam | कंपनी""",
        "account | institution | university | college | school | exhibitor | account name",
    ),
    _lead(
        "JobTitle",
        Kind.TEXT,
        """job title | designation | job position | job role | current role | current designation | title at work |
        berufsbezeichnung | stellenbezeichnung | jobtitel | position im unternehmen | intitule du poste | fonction |
        intitule de poste | titre du poste | puesto | puesto de trabajo | titulo del puesto | funcao |
        cargo atual | qualifica | ruolo | functie | functietitel | jabatan | padnaam | पदनाम""",
        "title | position | role | poste | occupation | profession | beruf | job | cargo",
    ),
    _lead(
        "Website",
        Kind.URL,
        """website | web site | homepage | company website | website url | web address | webseite | internetseite |
        site web | site internet | sitio web | pagina web | site da empresa | sito web | situs web | वेबसाइट""",
        "url | site | web",
    ),
    _lead("LinkedInId", Kind.URL, "linkedin | linkedin profile | linkedin url | linkedin profile url | linkedin id"),
    _lead("TwitterId", Kind.TEXT, "twitter | twitter handle | twitter id"),
    _lead("FacebookId", Kind.TEXT, "facebook id | facebook profile"),
    _lead("SkypeId", Kind.TEXT, "skype | skype id | skype name"),
    _lead("Fax", Kind.PHONE, "fax | fax number | fax no | faxnummer | numero de fax"),
)

_PLACE = (
    _lead(
        "mx_Street1",
        Kind.TEXT,
        """street | street address | address line 1 | street 1 | address 1 | mailing street | strasse | anschrift |
        strasse und hausnummer | rue | adresse postale | direccion | calle | domicilio | endereco | logradouro |
        indirizzo | straat | alamat | jalan | pata | पता""",
        "address | adresse | adres",
    ),
    _lead("mx_Street2", Kind.TEXT, "address line 2 | street 2 | address 2 | adresszusatz | complement d'adresse"),
    _lead(
        "mx_City",
        Kind.PLACE,
        """city | town | city name | current city | city of residence | mailing city | stadt | ort | wohnort | ville |
        commune | ciudad | localidad | poblacion | municipio | cidade | citta | comune | stad | woonplaats | plaats |
        kota | shahar | shehar | sheher | nagar | शहर | नगर""",
        "location | place | standort | lieu",
    ),
    _lead(
        "mx_State",
        Kind.PLACE,
        """state | state name | province | mailing state | state province | state or province | county |
        bundesland | kanton | departement | provincia | comunidad autonoma | uf | regione |
        provincie | provinsi | rajya | pradesh | राज्य""",
        "zone | region | etat | estado",
    ),
    _lead(
        "mx_Country",
        Kind.PLACE,
        """country | country name | nation | country region | mailing country | country of residence | land | staat |
        pays | pays de residence | pais | nazione | paese | negara | desh | देश""",
        "nationality",
    ),
    _lead(
        "mx_Zip",
        Kind.POSTCODE,
        """zip | zip code | zipcode | postal code | postcode | post code | pin code | pincode | postal pin code |
        mailing zip | plz | postleitzahl | code postal | codigo postal | cp | cep | codice postale |
        postcode 4 | kode pos | pin kod | पिन कोड""",
        "pin | cap",
    ),
)

_ORIGIN = (
    _lead(
        "Source",
        Kind.TEXT,
        """source | lead source | utm source | traffic source | source name | how did you hear about us |
        how did you hear of us | acquisition source | original source | quelle | herkunft | leadquelle |
        wie haben sie von uns erfahren | comment nous avez vous connu | origine | origine du contact | fuente |
        origen | origen del contacto | como nos conocio | fonte | origem | origem do lead | como nos conheceu |
        fonte del contatto | bron | herkomst | sumber | srot | स्रोत""",
        "platform | channel | origin | kanal | canal | plattform | plateforme | plataforma | media source",
    ),
    _lead("SourceMedium", Kind.TEXT, "source medium | utm medium | medium | lead medium", "media"),
    _lead(
        "SourceCampaign",
        Kind.TEXT,
        """source campaign | campaign name | utm campaign | campaign | lead campaign | kampagne | kampagnenname |
        nom de la campagne | campagne | campana | nombre de la campana | campanha | nome da campanha | campagna |
        nome campagna | kampanye | abhiyan""",
    ),
    _lead("SourceContent", Kind.TEXT, "source content | utm content"),
    _lead("SourceReferrerURL", Kind.URL, "referrer url | source referrer url | referring url | referer", "referrer"),
    _lead("SourceIPAddress", Kind.TEXT, "ip address | source ip address | ip | client ip | ip adresse | adresse ip"),
    _lead(
        "ProspectStage",
        Kind.CHOICE,
        """prospect stage | lead stage | stage of lead | lead status | leadstatus | etape du lead |
        etapa del lead | etapa do lead | estagio do lead""",
        "stage | pipeline stage",
    ),
    _lead("OwnerId", Kind.ID, "owner id | lead owner id | owner | lead owner"),
    _lead(
        "Notes",
        Kind.NOTE,
        """notes | note | remarks | remark | comments | comment | message | your message | additional information |
        anything else | description | bemerkung | bemerkungen | notiz | notizen | kommentar | kommentare | anmerkung |
        anmerkungen | nachricht | ihre nachricht | remarque | remarques | commentaire | commentaires |
        votre message | observations | notas | nota | observaciones | comentario | comentarios | mensaje |
        observacoes | observacao | mensagem | osservazioni | messaggio | opmerking | opmerkingen | catatan | pesan |
        tippani | sandesh | टिप्पणी | संदेश""",
        "feedback | details | question | query | enquiry | inquiry | frage | pregunta",
    ),
    _lead("DoNotEmail", Kind.FLAG, "do not email | email opt out | unsubscribed | no email | opted out of email"),
    _lead("DoNotCall", Kind.FLAG, "do not call | call opt out | dnd | no call"),
)

LEAD_FIELDS: tuple[Field, ...] = (*_PERSON, *_WORK, *_PLACE, *_ORIGIN)
"""Every standard lead field that a spreadsheet may fill."""
