import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "apt-install"

APT = """#!/bin/sh
echo "apt-get $* policy=$("$POLICY_RC_D" >/dev/null 2>&1; echo $?)" >>"$CALLS"
cat "$CREATECLUSTER_D"/*.conf >>"$CALLS" 2>/dev/null || true
[ "$2" != install ] || [ -z "${APT_FAILS:-}" ] && exit 0
exit 7
"""
NOTE = '#!/bin/sh\necho "${0##*/} $*" >>"$CALLS"\n'
DPKG = '#!/bin/sh\nprintf "%s" "$HAD"\n'


class Machine:
    """Debian's tools as notes of their calls, before the real ones on the path."""

    def __init__(self, folder: Path) -> None:
        self.policy = folder / "policy-rc.d"
        self.clusters = folder / "createcluster.d"
        self.notes = folder / "calls"
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name, text in {
            "apt-get": APT,
            "dpkg-query": DPKG,
            "systemctl": NOTE,
            "update-rc.d": NOTE,
        }.items():
            (self.bin / name).write_text(text, encoding="utf-8")
            (self.bin / name).chmod(0o755)

    def install(self, *names: str, **variables: str) -> tuple[int, list[str]]:
        done = subprocess.run(
            ["/bin/sh", str(SCRIPT), *names],
            env={
                "PATH": f"{self.bin}{os.pathsep}/usr/bin{os.pathsep}/bin",
                "POLICY_RC_D": str(self.policy),
                "CREATECLUSTER_D": str(self.clusters),
                "CALLS": str(self.notes),
                "HAD": "",
                **variables,
            },
            check=False,
            timeout=20,
        )
        return done.returncode, self.notes.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_no_service_may_start_while_packages_are_installed(machine: Machine) -> None:
    status, calls = machine.install("libzbar0", "mosquitto")
    assert status == 0
    assert calls == [
        "apt-get -q update policy=101",
        "apt-get -qy install --no-install-recommends libzbar0 mosquitto policy=101",
        "systemctl disable mosquitto",
    ]
    assert not machine.policy.exists()


def test_a_broker_that_was_there_stays_as_it_was(machine: Machine) -> None:
    _, calls = machine.install("libzbar0", "mosquitto", HAD="installed")
    assert not any(call.startswith("systemctl") for call in calls)


def test_other_packages_touch_no_service(machine: Machine) -> None:
    _, calls = machine.install("libzbar0")
    assert not any(call.startswith("systemctl") for call in calls)


def test_a_policy_of_the_owner_stays(machine: Machine) -> None:
    machine.policy.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    machine.policy.chmod(0o755)
    machine.install("mosquitto")
    assert machine.policy.read_text(encoding="utf-8") == "#!/bin/sh\nexit 0\n"


def test_a_failed_installation_is_told_and_leaves_nothing(machine: Machine) -> None:
    status, calls = machine.install("mosquitto", APT_FAILS="yes")
    assert status != 0
    assert not machine.policy.exists()
    assert not any(call.startswith("systemctl") for call in calls)


def test_debian_makes_no_database_cluster_and_starts_none_at_boot(machine: Machine) -> None:
    status, calls = machine.install("postgresql", "chromium")
    assert status == 0
    assert calls[-2:] == ["create_main_cluster = false", "systemctl disable postgresql"]
    assert list(machine.clusters.iterdir()) == []


def test_a_database_that_was_there_stays_as_it_was(machine: Machine) -> None:
    _, calls = machine.install("postgresql", HAD="installed")
    assert not any("cluster" in call or call.startswith("systemctl") for call in calls)
    assert not machine.clusters.exists()


def test_clusters_of_brokers_and_their_name_service_do_not_start_at_boot(machine: Machine) -> None:
    _, calls = machine.install("rabbitmq-server", "nats-server")
    assert calls[2:] == [
        f"systemctl disable {name}" for name in ("rabbitmq-server", "nats-server", "epmd")
    ]


def test_clusters_that_were_there_stay_as_they_were(machine: Machine) -> None:
    _, calls = machine.install("rabbitmq-server", "nats-server", HAD="installed")
    assert not any(call.startswith("systemctl") for call in calls)
