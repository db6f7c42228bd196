"""A desk without usable settings: a page that says everything that is wrong."""

import threading

from edge import __version__
from edge.core.problems import Problem
from edge.host.journal import StructlogJournal
from edge.runtime.page import PageDoor
from edge.runtime.trouble import TroubleProcess
from edge.sections import Page
from kiosk.desk_door import Hall
from kiosk.trouble import build_trouble


def trouble_process(problems: tuple[Problem, ...], *, port: int | None = None) -> TroubleProcess:
    """The page of wrong settings, on the desk's usual port."""
    again = threading.Event()
    hall = Hall(lab="", support="", language="zh-CN", version=__version__)
    door = PageDoor(
        build_trouble(problems, hall, again=again.set),
        port=Page().port if port is None else port,
        close_streams=lambda: None,
        journal=StructlogJournal("kiosk", level="info"),
    )
    return TroubleProcess(door, again)
