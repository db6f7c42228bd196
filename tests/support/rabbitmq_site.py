"""Three RabbitMQ nodes with quorum queues: an Erlang cookie and name service of their own."""

import secrets
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from clusters import (
    ACL,
    BROKERS,
    HOST,
    NODES,
    BrokerCluster,
    Launch,
    NodeProcess,
    ServerFiles,
    accepts,
    free_ports,
    numbered,
    program,
    shipped,
)
from waiting import until

PROGRAM = next(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"), None)
"""The program itself: Debian's wrapper gives up root for a user who cannot read our folders."""
EPMD = program("epmd", "/usr/sbin")


class RabbitCluster(BrokerCluster):
    """Three nodes; a running RabbitMQ of the machine is not touched."""

    keeps_retained_everywhere = False

    def __init__(self, folder: Path, files: ServerFiles) -> None:
        super().__init__(folder, files)
        assert PROGRAM is not None
        assert EPMD is not None
        (self._name_port,) = free_ports(1)
        self._names = NodeProcess(
            Launch((EPMD, "-port", str(self._name_port), "-address", HOST), {}),
            folder / "epmd.log",
        )
        cookie = folder / ".erlang.cookie"
        folder.mkdir(parents=True, exist_ok=True)
        cookie.write_text(secrets.token_hex(16), encoding="ascii")
        cookie.chmod(0o400)
        self._definitions = folder / "definitions.json"
        self._definitions.write_text(accounts("rabbitmq", files.stations), encoding="utf-8")
        self._base = tuple(numbered(folder))
        distribution = free_ports(NODES)
        self.nodes = tuple(
            NodeProcess(self._launch(number, distribution[number]), base / "node.log")
            for number, base in enumerate(self._base)
        )

    def __enter__(self) -> Self:
        self._names.start()
        until(lambda: accepts(self._name_port))
        super().__enter__()
        return self

    def _start_all(self) -> None:
        """The first one alone: three that load the same definitions at once trip over them."""
        self.start(0)
        super()._start_all()
        until(lambda: all(self._knows_all(each) for each in range(NODES)))

    def close(self) -> None:
        super().close()
        self._names.end(signal.SIGTERM)

    def is_ready(self, number: int) -> bool:
        return "Server startup complete" in self.nodes[number].fresh_text()

    def _knows_all(self, number: int) -> bool:
        name = f"r{number}@localhost"
        members = (self._base[number] / "mnesia" / name / "cluster_nodes.config").read_text()
        return all(f"r{each}@localhost" in members for each in range(NODES))

    def _launch(self, number: int, port: int) -> Launch:
        base = self._base[number]
        (base / "rabbitmq.conf").write_text(self._config(number), encoding="utf-8")
        (base / "enabled_plugins").write_text("[rabbitmq_mqtt].\n", encoding="utf-8")
        return Launch(
            (str(PROGRAM),),
            {
                "HOME": str(self.folder),
                "ERL_EPMD_PORT": str(self._name_port),
                "ERL_EPMD_ADDRESS": HOST,
                "RABBITMQ_NODENAME": f"r{number}@localhost",
                "RABBITMQ_DIST_PORT": str(port),
                "RABBITMQ_CONFIG_FILE": str(base / "rabbitmq.conf"),
                "RABBITMQ_CONF_ENV_FILE": "/dev/null",
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(base / "enabled_plugins"),
                "RABBITMQ_MNESIA_BASE": str(base / "mnesia"),
                "RABBITMQ_LOG_BASE": str(base),
                "RABBITMQ_LOGS": "-",
                "RABBITMQ_PID_FILE": str(base / "pid"),
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                    "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}"
                ),
            },
        )

    def _config(self, number: int) -> str:
        files = self.files
        return shipped(
            "rabbitmq.conf",
            {f"rabbit@broker-{each + 1}": f"r{each}@localhost" for each in range(NODES)}
            | {
                "ssl.default = 8883": f"ssl.default = {HOST}:{self.ports[number]}",
                "/etc/rabbitmq/certs/ca.pem": str(files.ca),
                "/etc/rabbitmq/certs/broker.pem": str(files.cert),
                "/etc/rabbitmq/certs/broker-key.pem": str(files.key),
                "/etc/rabbitmq/definitions.json": str(self._definitions),
                "disk_free_limit.absolute = 2GB": "disk_free_limit.absolute = 50MB",
            },
        )


def accounts(engine: str, stations: tuple[str, ...]) -> str:
    """What the shipped script prints for these stations."""
    return subprocess.run(
        (sys.executable, str(BROKERS / "accounts.py"), engine, str(ACL), *stations),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
