"""Writes commands.json: command sets as pynetdicom encodes them, in hexadecimal digits.

Run: python make_commands.py. Made with pynetdicom 3.0.4 and pydicom 3.0.2.
"""

import json
from io import BytesIO
from pathlib import Path

from pynetdicom.dimse_messages import C_ECHO_RQ, C_ECHO_RSP, C_STORE_RQ, C_STORE_RSP
from pynetdicom.dimse_primitives import C_ECHO, C_STORE
from pynetdicom.dsutils import encode

CT, INSTANCE = "1.2.840.10008.5.1.4.1.1.2", "1.2.826.0.1.3680043.8.498.1"


def echo(**values) -> C_ECHO:
    primitive = C_ECHO()
    primitive.AffectedSOPClassUID = "1.2.840.10008.1.1"
    for name, value in values.items():
        setattr(primitive, name, value)
    return primitive


def store(**values) -> C_STORE:
    primitive = C_STORE()
    primitive.AffectedSOPClassUID = CT
    primitive.AffectedSOPInstanceUID = INSTANCE
    for name, value in values.items():
        setattr(primitive, name, value)
    return primitive


def encoded(message, primitive) -> str:
    message.primitive_to_message(primitive)
    return encode(message.command_set, True, True).hex()


commands = {
    "echo request 7": encoded(C_ECHO_RQ(), echo(MessageID=7)),
    "echo response 7, 0000": encoded(C_ECHO_RSP(), echo(MessageIDBeingRespondedTo=7, Status=0)),
    "store request 513": encoded(
        C_STORE_RQ(), store(MessageID=513, Priority=0, DataSet=BytesIO(b"\0\0"))
    ),
    "store response 513, A700": encoded(
        C_STORE_RSP(),
        store(MessageIDBeingRespondedTo=513, Status=0xA700, ErrorComment="the disk is full"),
    ),
}
path = Path(__file__).with_name("commands.json")
path.write_text(json.dumps(commands, indent=1) + "\n")
