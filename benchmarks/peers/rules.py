"""The rules of the benchmark's mapping, as a schema of frictionless; importing them costs no contestant anything."""

ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
EMAIL = "[^@ ]+@[^@ ]+[.][^@ ]+"
PHONE = "[+]91 [0-9]{5} [0-9]{5}"
SCHEMA = {
    "fields": [
        {"name": "Lead ID", "type": "string", "constraints": {"required": True, "pattern": ID}},
        {"name": "E-mail", "type": "string", "constraints": {"pattern": EMAIL}},
        {"name": "Phone", "type": "string", "constraints": {"pattern": PHONE}},
        {"name": "First name", "type": "string", "constraints": {"required": True}},
        {"name": "Last name", "type": "string", "constraints": {"required": True}},
        {"name": "Company", "type": "string", "constraints": {"maxLength": 100}},
        {"name": "City", "type": "string", "constraints": {"maxLength": 50}},
        {"name": "Country", "type": "string", "constraints": {"pattern": "[A-Z]{2}"}},
        {"name": "Post code", "type": "string", "constraints": {"pattern": "[0-9]{6}"}},
        {"name": "Score", "type": "integer", "constraints": {"minimum": 0, "maximum": 100}},
        {"name": "Amount", "type": "number", "constraints": {"minimum": 0, "maximum": 100000}},
        {"name": "Share", "type": "number", "constraints": {"minimum": 0, "maximum": 1}},
        {"name": "Joined", "type": "date", "format": "%d/%m/%Y"},
        {"name": "Seen at", "type": "datetime", "format": "%Y-%m-%d %H:%M:%S"},
        {"name": "Plan", "type": "string", "constraints": {"enum": ["Gold", "Silver", "Bronze"]}},
        {"name": "Consent", "type": "boolean", "trueValues": ["yes"], "falseValues": ["no"]},
        {"name": "Source", "type": "string", "constraints": {"enum": ["Webinar", "Fair", "Web form", "Referral"]}},
        {"name": "Website", "type": "string", "constraints": {"pattern": "https://.+"}},
        {"name": "Reference", "type": "string", "constraints": {"pattern": "R-[0-9]{9}", "unique": True}},
        {"name": "Remark", "type": "string", "constraints": {"maxLength": 200}},
    ]
}
