"""The contract with vendors on Kafka as an AsyncAPI 3 document, made from the events themselves."""

from typing import Any

from shared.contracts.components import components, reference
from shared.contracts.event import Event
from shared.contracts.evolution import RULE
from shared.contracts.report import ReportContent
from shared.contracts.topics import Topic, station_receipts, station_reports

REPORTS, RECEIPTS = station_reports("{integrator}"), station_receipts("{integrator}")
ATTRIBUTES = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_id": {"type": "string", "format": "uuid", "description": "New for each record, also for a repeat."},
    "ce_source": {"type": "string", "examples": ["/stations/gendarmerie/GN-31-0412"]},
    "ce_subject": {"type": "string", "format": "uuid", "description": "The report id."},
    "ce_time": {"type": "string", "format": "date-time"},
    "content-type": {"type": "string", "const": "application/json"},
    "traceparent": {"type": "string", "description": "W3C trace context; linked to, never joined."},
}
OF_A_RECEIPT = {
    "ce_id": {"type": "string", "format": "uuid", "description": "The same where a receipt comes again."},
    "ce_source": {"type": "string", "examples": ["/relais/intake/receipts/gendarmerie"]},
    "ce_sequence": {
        "type": "string",
        "pattern": "^[0-9]{10}$",
        "description": "Counts the receipts of a subject from 1. Receipts come at least once, for the first time in "
        "this order: keep the highest number of each subject, and skip what is not higher.",
    },
    "traceparent": {"type": "string", "description": "W3C trace context of Relais' own trace."},
}
"""What the headers of a receipt are, where that is something else than for a report."""
OPTIONAL = ("traceparent",)


def asyncapi() -> dict[str, Any]:
    """The document, from intake's side: it receives reports and sends receipts."""
    events = (*REPORTS.events, *RECEIPTS.events)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Relais: reports of stations on Kafka",
            "version": "1.0.0",
            "description": f"CloudEvents 1.0 on Kafka, binary mode. {RULE}",
        },
        "defaultContentType": "application/json",
        "channels": {"reports": _channel(REPORTS), "receipts": _channel(RECEIPTS)},
        "operations": {
            "takeReports": _operation("receive", "reports", REPORTS),
            "answer": _operation("send", "receipts", RECEIPTS),
        },
        "components": {
            "messages": {event.__name__: _message(event) for event in events},
            "schemas": components(*events, ReportContent),
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "messages": {each.__name__: {"$ref": f"#/components/messages/{each.__name__}"} for each in topic.events},
        "parameters": {"integrator": {"description": "The integrator's code in the registry.", "examples": ["police"]}},
        "bindings": {"kafka": {"topic": topic.name, "partitions": topic.partitions}},
    }


def _operation(action: str, channel: str, topic: Topic) -> dict[str, Any]:
    messages = [{"$ref": f"#/channels/{channel}/messages/{each.__name__}"} for each in topic.events]
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "messages": messages}


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.type,
        "summary": (event.__doc__ or "").split("\n", maxsplit=1)[0],
        "contentType": "application/json",
        "headers": _headers(event.type),
        "payload": reference(event.__name__),
        "bindings": {"kafka": {"key": {"type": "string", "description": "The report id."}}},
    }


def _headers(type_: str) -> dict[str, Any]:
    of_a_receipt = OF_A_RECEIPT if type_ in {each.type for each in RECEIPTS.events} else {}
    properties = {**ATTRIBUTES, **of_a_receipt, "ce_type": {"type": "string", "const": type_}}
    required = [name for name in properties if name not in OPTIONAL]
    return {"type": "object", "required": required, "properties": properties}
