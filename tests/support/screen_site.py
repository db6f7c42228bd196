"""A kiosk with its page as a process of its own, at a site without a network."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from local_site import LocalSite

from edge.host.reach import free_port
from edge.runtime.desk_client import DeskClient
from edge.runtime.provision import BrokerAddress, configure
from edge.runtime.supervisor import Child, own_command


@dataclass
class Paged:
    """A kiosk with console and page, as a process."""

    place: LocalSite
    camera: str | None = None
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        sections: dict[str, Mapping[str, object]] = {"page": {"port": self.port}}
        if self.camera:
            sections["camera"] = {"source": self.camera}
        configure(self.place.site, BrokerAddress("127.0.0.1", 1), station=sections)
        command = own_command("kiosk", "--console", "--config", self.place.config)
        log = self.place.site.folder / "logs" / "kiosk.log"
        self.child = Child("kiosk", command, log=log, piped=True)
        self.desk = DeskClient(self.child)
        self.place.at_end.callback(self.desk.kill)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"
