"""What the resources that we take may hold: elements, how often, of which type.

`name: "min..max Type|Type"`; a name that ends in `[x]` is spelt with its type. Codes that are
bound to a closed list name it in braces. Source: HL7 FHIR R4 (4.0.1), the resources' own pages.
Elements that the standard knows and we do not use are listed, so that they are accepted.
"""

PRIMITIVES = frozenset(
    {
        "boolean", "integer", "positiveInt", "unsignedInt", "decimal", "string", "markdown", "uri",
        "url", "canonical", "oid", "uuid", "code", "id", "date", "dateTime", "instant", "time",
        "xhtml",
    }
)  # fmt: skip

CODES: dict[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "observation-status": "registered preliminary final amended corrected cancelled"
        " entered-in-error unknown",
        "encounter-status": "planned arrived triaged in-progress onleave finished cancelled"
        " entered-in-error unknown",
        "encounter-location-status": "planned active reserved completed",
        "location-status": "active suspended inactive",
        "location-mode": "instance kind",
        "device-status": "active inactive entered-in-error unknown",
        "gender": "male female other unknown",
        "bundle-type": "document message transaction transaction-response batch batch-response"
        " history searchset collection",
        "http-verb": "GET HEAD POST PUT DELETE PATCH",
        "narrative-status": "generated extensions additional empty",
        "identifier-use": "usual official temp secondary old",
        "name-use": "usual official temp nickname anonymous old maiden",
        "quantity-comparator": "< <= >= >",
        "contact-system": "phone fax email pager url sms other",
        "contact-use": "home work temp old mobile",
        "address-use": "home work temp old billing",
        "address-type": "postal physical both",
        "days-of-week": "mon tue wed thu fri sat sun",
        "search-mode": "match include outcome",
        "link-type": "replaced-by replaces refer seealso",
        "udi-entry": "barcode rfid manual card self-reported unknown",
        "device-name-type": "udi-label-name user-friendly-name patient-reported-name"
        " manufacturer-name model-name other",
    }.items()
}

_RESOURCE = {
    "id": "0..1 id", "meta": "0..1 Meta", "implicitRules": "0..1 uri", "language": "0..1 code",
    "text": "0..1 Narrative", "contained": "0..* Resource", "extension": "0..* Extension",
}  # fmt: skip

TYPES: dict[str, dict[str, str]] = {
    "Meta": {
        "versionId": "0..1 id", "lastUpdated": "0..1 instant", "source": "0..1 uri",
        "profile": "0..* canonical", "security": "0..* Coding", "tag": "0..* Coding",
    },
    "Narrative": {"status": "1..1 code{narrative-status}", "div": "1..1 xhtml"},
    "Coding": {
        "system": "0..1 uri", "version": "0..1 string", "code": "0..1 code",
        "display": "0..1 string", "userSelected": "0..1 boolean",
    },
    "CodeableConcept": {"coding": "0..* Coding", "text": "0..1 string"},
    "Identifier": {
        "use": "0..1 code{identifier-use}", "type": "0..1 CodeableConcept", "system": "0..1 uri",
        "value": "0..1 string", "period": "0..1 Period", "assigner": "0..1 Reference",
    },
    "Reference": {
        "reference": "0..1 string", "type": "0..1 uri", "identifier": "0..1 Identifier",
        "display": "0..1 string",
    },
    "Period": {"start": "0..1 dateTime", "end": "0..1 dateTime"},
    "Quantity": {
        "value": "0..1 decimal", "comparator": "0..1 code{quantity-comparator}",
        "unit": "0..1 string", "system": "0..1 uri", "code": "0..1 code",
    },
    "Range": {"low": "0..1 Quantity", "high": "0..1 Quantity"},
    "Ratio": {"numerator": "0..1 Quantity", "denominator": "0..1 Quantity"},
    "SampledData": {
        "origin": "1..1 Quantity", "period": "1..1 decimal", "factor": "0..1 decimal",
        "lowerLimit": "0..1 decimal", "upperLimit": "0..1 decimal",
        "dimensions": "1..1 positiveInt", "data": "0..1 string",
    },
    "HumanName": {
        "use": "0..1 code{name-use}", "text": "0..1 string", "family": "0..1 string",
        "given": "0..* string", "prefix": "0..* string", "suffix": "0..* string",
        "period": "0..1 Period",
    },
    "ContactPoint": {
        "system": "0..1 code{contact-system}", "value": "0..1 string",
        "use": "0..1 code{contact-use}", "rank": "0..1 positiveInt", "period": "0..1 Period",
    },
    "Address": {
        "use": "0..1 code{address-use}", "type": "0..1 code{address-type}", "text": "0..1 string",
        "line": "0..* string", "city": "0..1 string", "district": "0..1 string",
        "state": "0..1 string", "postalCode": "0..1 string", "country": "0..1 string",
        "period": "0..1 Period",
    },
    "Annotation": {
        "author[x]": "0..1 Reference|string", "time": "0..1 dateTime", "text": "1..1 markdown",
    },
    "Patient": {
        **_RESOURCE, "identifier": "0..* Identifier", "active": "0..1 boolean",
        "name": "0..* HumanName", "telecom": "0..* ContactPoint", "gender": "0..1 code{gender}",
        "birthDate": "0..1 date", "deceased[x]": "0..1 boolean|dateTime",
        "address": "0..* Address", "maritalStatus": "0..1 CodeableConcept",
        "multipleBirth[x]": "0..1 boolean|integer", "photo": "0..* Any", "contact": "0..* Any",
        "communication": "0..* Any", "generalPractitioner": "0..* Reference",
        "managingOrganization": "0..1 Reference", "link": "0..* Any",
    },
    "Encounter": {
        **_RESOURCE, "identifier": "0..* Identifier", "status": "1..1 code{encounter-status}",
        "statusHistory": "0..* Any", "class": "1..1 Coding", "classHistory": "0..* Any",
        "type": "0..* CodeableConcept", "serviceType": "0..1 CodeableConcept",
        "priority": "0..1 CodeableConcept", "subject": "0..1 Reference",
        "episodeOfCare": "0..* Reference", "basedOn": "0..* Reference", "participant": "0..* Any",
        "appointment": "0..* Reference", "period": "0..1 Period", "length": "0..1 Quantity",
        "reasonCode": "0..* CodeableConcept", "reasonReference": "0..* Reference",
        "diagnosis": "0..* Any", "account": "0..* Reference",
        "hospitalization": "0..1 Encounter.hospitalization",
        "location": "0..* Encounter.location", "serviceProvider": "0..1 Reference",
        "partOf": "0..1 Reference",
    },
    "Encounter.hospitalization": {
        "preAdmissionIdentifier": "0..1 Identifier", "origin": "0..1 Reference",
        "admitSource": "0..1 CodeableConcept", "reAdmission": "0..1 CodeableConcept",
        "dietPreference": "0..* CodeableConcept", "specialCourtesy": "0..* CodeableConcept",
        "specialArrangement": "0..* CodeableConcept", "destination": "0..1 Reference",
        "dischargeDisposition": "0..1 CodeableConcept",
    },
    "Encounter.location": {
        "location": "1..1 Reference", "status": "0..1 code{encounter-location-status}",
        "physicalType": "0..1 CodeableConcept", "period": "0..1 Period",
    },
    "Location": {
        **_RESOURCE, "identifier": "0..* Identifier", "status": "0..1 code{location-status}",
        "operationalStatus": "0..1 Coding", "name": "0..1 string", "alias": "0..* string",
        "description": "0..1 string", "mode": "0..1 code{location-mode}",
        "type": "0..* CodeableConcept", "telecom": "0..* ContactPoint", "address": "0..1 Address",
        "physicalType": "0..1 CodeableConcept", "position": "0..1 Location.position",
        "managingOrganization": "0..1 Reference", "partOf": "0..1 Reference",
        "hoursOfOperation": "0..* Any", "availabilityExceptions": "0..1 string",
        "endpoint": "0..* Reference",
    },
    "Location.position": {
        "longitude": "1..1 decimal", "latitude": "1..1 decimal", "altitude": "0..1 decimal",
    },
    "Device": {
        **_RESOURCE, "identifier": "0..* Identifier", "definition": "0..1 Reference",
        "udiCarrier": "0..* Any", "status": "0..1 code{device-status}",
        "statusReason": "0..* CodeableConcept", "distinctIdentifier": "0..1 string",
        "manufacturer": "0..1 string", "manufactureDate": "0..1 dateTime",
        "expirationDate": "0..1 dateTime", "lotNumber": "0..1 string",
        "serialNumber": "0..1 string", "deviceName": "0..* Device.deviceName",
        "modelNumber": "0..1 string", "partNumber": "0..1 string",
        "type": "0..1 CodeableConcept", "specialization": "0..* Any", "version": "0..* Any",
        "property": "0..* Any", "patient": "0..1 Reference", "owner": "0..1 Reference",
        "contact": "0..* ContactPoint", "location": "0..1 Reference", "url": "0..1 uri",
        "note": "0..* Annotation", "safety": "0..* CodeableConcept", "parent": "0..1 Reference",
    },
    "Device.deviceName": {"name": "1..1 string", "type": "1..1 code{device-name-type}"},
    "Observation": {
        **_RESOURCE, "identifier": "0..* Identifier", "basedOn": "0..* Reference",
        "partOf": "0..* Reference", "status": "1..1 code{observation-status}",
        "category": "0..* CodeableConcept", "code": "1..1 CodeableConcept",
        "subject": "0..1 Reference", "focus": "0..* Reference", "encounter": "0..1 Reference",
        "effective[x]": "0..1 dateTime|Period|instant|Any", "issued": "0..1 instant",
        "performer": "0..* Reference",
        "value[x]": "0..1 Quantity|CodeableConcept|string|boolean|integer|Range|Ratio|SampledData"
        "|time|dateTime|Period",
        "dataAbsentReason": "0..1 CodeableConcept", "interpretation": "0..* CodeableConcept",
        "note": "0..* Annotation", "bodySite": "0..1 CodeableConcept",
        "method": "0..1 CodeableConcept", "specimen": "0..1 Reference",
        "device": "0..1 Reference", "referenceRange": "0..* Any", "hasMember": "0..* Reference",
        "derivedFrom": "0..* Reference", "component": "0..* Observation.component",
    },
    "Observation.component": {
        "code": "1..1 CodeableConcept",
        "value[x]": "0..1 Quantity|CodeableConcept|string|boolean|integer|Range|Ratio|SampledData"
        "|time|dateTime|Period",
        "dataAbsentReason": "0..1 CodeableConcept", "interpretation": "0..* CodeableConcept",
        "referenceRange": "0..* Any",
    },
    "Bundle": {
        "id": "0..1 id", "meta": "0..1 Meta", "implicitRules": "0..1 uri",
        "language": "0..1 code", "identifier": "0..1 Identifier",
        "type": "1..1 code{bundle-type}", "timestamp": "0..1 instant",
        "total": "0..1 unsignedInt", "link": "0..* Bundle.link", "entry": "0..* Bundle.entry",
        "signature": "0..1 Any",
    },
    "Bundle.link": {"relation": "1..1 string", "url": "1..1 uri"},
    "Bundle.entry": {
        "link": "0..* Bundle.link", "fullUrl": "0..1 uri", "resource": "0..1 Entry",
        "search": "0..1 Any", "request": "0..1 Bundle.request", "response": "0..1 Any",
    },
    "Bundle.request": {
        "method": "1..1 code{http-verb}", "url": "1..1 uri", "ifNoneMatch": "0..1 string",
        "ifModifiedSince": "0..1 instant", "ifMatch": "0..1 string", "ifNoneExist": "0..1 string",
    },
}  # fmt: skip

BACKBONES = frozenset(name for name in TYPES if "." in name)  # may carry modifierExtension
RESOURCES = frozenset({"Patient", "Encounter", "Location", "Device", "Observation", "Bundle"})
