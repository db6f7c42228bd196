"""Three NATS nodes with JetStream and MQTT."""

import http.client
from pathlib import Path

from clusters import (
    HOST,
    NODES,
    BrokerCluster,
    Launch,
    NodeProcess,
    ServerFiles,
    free_ports,
    numbered,
    program,
    shipped,
)
from rabbitmq_site import accounts

from edge.host.certificates import Authority
from edge.host.clock import SystemClock

PROGRAM = program("nats-server", "/usr/sbin")


class NatsCluster(BrokerCluster):
    """Three nodes of which each keeps every session and every retained message."""

    keeps_retained_everywhere = True

    def __init__(self, folder: Path, files: ServerFiles) -> None:
        super().__init__(folder, files)
        assert PROGRAM is not None
        self._routes = free_ports(NODES)
        self._monitors = free_ports(NODES)
        base = tuple(numbered(folder))
        authority = Authority(folder / "nodes", now=SystemClock().now())
        self._node = authority.issue_node("node", hosts=("localhost", HOST))
        self._node_ca = authority.cert
        for number, each in enumerate(base):
            (each / "nats.conf").write_text(self._config(number, each), encoding="utf-8")
            (each / "accounts.conf").write_text(accounts("nats", files.stations), encoding="utf-8")
        self.nodes = tuple(
            NodeProcess(
                Launch(
                    (PROGRAM, "-c", str(each / "nats.conf"), "-m", str(self._monitors[number])), {}
                ),
                each / "node.log",
            )
            for number, each in enumerate(base)
        )

    def is_ready(self, number: int) -> bool:
        """Its own word that its streams are current."""
        monitor = http.client.HTTPConnection(HOST, self._monitors[number], timeout=2.0)
        try:
            monitor.request("GET", "/healthz")
            return monitor.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            monitor.close()

    def _config(self, number: int, base: Path) -> str:
        files = self.files
        first, second = (each for each in range(NODES) if each != number)
        client = free_ports(1)[0]
        return shipped(
            "nats.conf",
            {
                "server_name: broker-1": f"server_name: node-{number}",
                "127.0.0.1:4222": f"{HOST}:{client}",
                "0.0.0.0:6222": f"{HOST}:{self._routes[number]}",
                "broker-2:6222": f"{HOST}:{self._routes[first]}",
                "broker-3:6222": f"{HOST}:{self._routes[second]}",
                "0.0.0.0:8883": f"{HOST}:{self.ports[number]}",
                "/etc/nats/certs/nodes-ca.pem": str(self._node_ca),
                "/etc/nats/certs/node.pem": str(self._node.cert),
                "/etc/nats/certs/node-key.pem": str(self._node.key),
                "/etc/nats/certs/ca.pem": str(files.ca),
                "/etc/nats/certs/broker.pem": str(files.cert),
                "/etc/nats/certs/broker-key.pem": str(files.key),
                "/var/lib/nats": str(base / "data"),
            },
        )
