"""Where the settings of reader modules lie: a given folder, the installed copy, or the checkout."""

from importlib.resources import files
from pathlib import Path

from edge.core.errors import ConfigError

NAME = "firmware_configs"


def configs_dir(given: Path | None = None) -> Path:
    """The folder with `scanners/` and `nfc/`; a wheel carries its copy below the package."""
    installed = Path(str(files("edge"))) / "share" / NAME
    checkout = Path(str(files("edge"))).parent / NAME
    for folder in (given,) if given is not None else (installed, checkout):
        if (folder / "scanners").is_dir():
            return folder
    raise ConfigError("firmware_configs_missing", path=str(given or installed))
