"""What a platform signs for one station, with a control key made from fixed bytes."""

from sim_city import Issuer, IssuerRing

from edge.wire.downlink import Downlink, Signed, sign_message
from edge.wire.topics import Station

CONTROL = Issuer("control")
STRANGER = Issuer("control", seed=9)
RING = IssuerRing(CONTROL)
STATION = Station.parse("exampleton/lab-1/desk-1")
OTHER = Station.parse("exampleton/lab-1/desk-2")
DOWNLINK = Downlink(RING, STATION)


def signed(message: Signed, by: Issuer = CONTROL) -> bytes:
    """The envelope as it comes down; a stranger's carries the genuine key's name."""
    return sign_message(message, key_id=CONTROL.key_id, sign=by.sign)
