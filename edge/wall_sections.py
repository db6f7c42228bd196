"""Sections of the settings for a curing room: its door with plan and sensors, its board."""

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from edge.camera_sections import Camera
from edge.core.curing.climate import Sensor
from edge.core.curing.inputs import RoomKind
from edge.core.curing.maturity import MeanMethod
from edge.core.errors import DecodeError
from edge.core.ids import GroupId, ProjectId, RoomId, SensorId
from edge.devices.climate.profile import ClimateProfile
from edge.reader_sections import serial_path
from edge.sections import FilePath, Section, Words, id_parser
from edge.wire.layout_toml import parse_racks


class SensorEntry(Section):
    """A climate sensor on an RS-485 line: where it answers and what its certificate says.

    `address` 0 is the profile's own; `temperature_u_c` and `humidity_u_pct` are the expanded
    uncertainties of the certificate; without `calibrated_on` nothing is ever judged `in`.
    `echo`: the adapter hears itself.
    """

    name: Annotated[SensorId, PlainValidator(id_parser(SensorId))]
    port: Annotated[Path, AfterValidator(serial_path)]
    profile: Words = "xy-md02"
    address: int = Field(default=0, ge=0, le=247)
    calibrated_on: date | None = None
    calibration_days: int = Field(default=365, ge=1, le=3_650)
    temperature_u_c: float = Field(default=0, ge=0, le=5)
    humidity_u_pct: float = Field(default=0, ge=0, le=20)
    echo: bool = False

    def value(self, room: RoomId, profile: ClimateProfile) -> Sensor:
        """The sensor as the rules judge it."""
        measures = profile.measures
        wet = measures.humidity
        return Sensor(
            sensor=self.name,
            room=room,
            temperature=measures.temperature.accuracy(round(self.temperature_u_c * 100)),
            humidity=None if wet is None else wet.accuracy(round(self.humidity_u_pct * 100)),
            calibrated_on=self.calibrated_on,
            calibration_days=self.calibration_days,
            range_centi_c=(round(measures.lowest_c * 100), round(measures.highest_c * 100)),
        )


class Cage(Section):
    """Where this station's same-condition specimens lie: as ledgers name it, and its sensor.

    `method`: how a day's mean is made of the sensor's hours. `projects`: whose 600 ℃·d groups lie
    there, so that each of their days is stated; `groups` only these, where there are more cages.
    """

    place: Words
    sensor: Annotated[SensorId, PlainValidator(id_parser(SensorId))] | None = None
    method: MeanMethod = MeanMethod.OBS4
    projects: tuple[Annotated[ProjectId, PlainValidator(id_parser(ProjectId))], ...] = ()
    groups: tuple[Annotated[GroupId, PlainValidator(id_parser(GroupId))], ...] = ()


class DoorCamera(Camera):
    """The camera that looks at the door, in a process of its own; only site rooms owe photographs.

    `deadline_s`: a photograph that takes longer is missing; the door does not wait. `placard`: a
    placard stands in its view, so that it takes the photographs with one as well.
    """

    deadline_s: float = Field(default=0.15, ge=0.02, le=2.0)
    placard: bool = False


class Wall(Section):
    """The door of a curing room: whose it is, its plan, and the sensors that its station polls.

    Readers are `[[scanners]]` and `[nfc]`, light and buzzer `[signals]`. `beside` names for a
    reader the scanner that it stands next to; the tag reader stands next to the first scanner.
    Without `layout` the room believes its labels.
    """

    room: Annotated[RoomId, PlainValidator(id_parser(RoomId))]
    kind: RoomKind = RoomKind.LAB
    layout: FilePath | None = None
    beside: dict[Words, Words] = Field(default_factory=dict)
    sensors: tuple[SensorEntry, ...] = ()
    cage: Cage | None = None
    camera: DoorCamera = DoorCamera()
    poll_s: float = Field(default=60.0, ge=0.05, le=600)

    @field_validator("layout")
    @classmethod
    def _readable(cls, layout: Path | None, info: ValidationInfo) -> Path | None:
        if layout is None:
            return None
        try:
            room, _ = parse_racks(layout.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, DecodeError) as error:
            raise PydanticCustomError("bad_layout", "{reason}", {"reason": str(error)}) from error
        if info.data.get("room", room) != room:
            reason = f"room = {room}"
            raise PydanticCustomError("bad_layout", "{reason}", {"reason": reason})
        return layout

    @field_validator("sensors")
    @classmethod
    def _named_apart(cls, sensors: tuple[SensorEntry, ...]) -> tuple[SensorEntry, ...]:
        names = [each.name for each in sensors]
        if len(names) != len(set(names)):
            raise PydanticCustomError("same_name", "names differ")
        return sensors


class Board(Section):
    """The board: where it is served, and what its rooms are called.

    Beyond loopback everybody on the network may read it who knows the token in `token_file`, or
    everybody at all without one. `names` are host names under which browsers reach this machine.
    """

    host: Words = "127.0.0.1"
    port: int = Field(default=8765, ge=0, le=65_535)
    refresh_s: float = Field(default=5.0, ge=0.2, le=600)
    rooms: dict[Words, Words] = Field(default_factory=dict)
    names: tuple[Words, ...] = ()
    token_file: FilePath | None = None
