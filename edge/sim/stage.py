"""The stage before the simulated camera: what is shown there, one touch after another."""

from collections.abc import Callable, Mapping
from itertools import cycle
from random import Random

import numpy as np

from edge.core.ids import PersonId
from edge.core.people import Person
from edge.sim.camera import SimulatedCamera
from edge.sim.courier import Arrival, Cube, Mistake, prepare
from edge.sim.face_look import FaceLook
from edge.sim.scenes import (
    Scene,
    badge_in_view,
    block_close_up,
    copy_code,
    empty_desk,
    face_at_desk,
    forms_on_desk,
    hide,
    layer_on_trolley,
    seal_in_view,
)
from edge.sim.world import World


class Stage:
    """Shows scenes of one delivery after another; a new courier comes with `next`."""

    def __init__(
        self,
        camera: SimulatedCamera,
        world: World,
        faces: Mapping[PersonId, FaceLook],
        *,
        seed: int,
        network: Callable[[], None] = lambda: None,
    ) -> None:
        self._camera = camera
        self._world = world
        self.faces = faces
        self._random = Random(seed)  # noqa: S311 - a day that can be repeated
        self._rng = np.random.default_rng(seed)
        self._network = network
        cast = world.cast
        self._orders = cycle((cast.standard, cast.impermeability, cast.same_condition, cast.small))
        self._layer = 0
        self._person: Person | None = None
        self._acts: Mapping[str, Callable[[], None]] = {
            "badge": lambda: self.badge(world.receivers[0].person),
            "forms": self.forms,
            "face": self.face,
            "layer": self.next_layer,
            "second": lambda: self.badge(world.receivers[1].person),
            "hide": self.hide_cube,
            "copy": self.copy_code,
            "courier": self.change_courier,
            "network": network,
            "empty": self.clear,
            "next": self.next_order,
        }
        self.arrival = self._arrive()

    @property
    def acts(self) -> tuple[str, ...]:
        """Everything that can be tried."""
        return tuple(self._acts)

    def act(self, name: str) -> bool:
        """Do one of the acts; whether there is such a one."""
        act = self._acts.get(name)
        if act is not None:
            act()
        return act is not None

    def receive(self, arrival: Arrival) -> None:
        """Another delivery stands before the desk."""
        self.arrival = arrival
        self._layer = -1
        self._person = None
        self.clear()

    def clear(self) -> None:
        """Nothing in view."""
        self._show(empty_desk(self._rng))

    def badge(self, person: PersonId) -> None:
        """A staff member's badge."""
        self._show(badge_in_view(self._world.badges[person], self._rng))

    def forms(self) -> None:
        """Both sheets."""
        self._show(forms_on_desk(self.arrival))

    def face(self) -> None:
        """Whoever brings this delivery looks at the camera."""
        person = self._person or self.arrival.deliverer
        self._show(face_at_desk(self.faces[person.person], self._rng))

    def layer(self, number: int) -> None:
        """A layer of the trolley (0 is the first)."""
        self._layer = number
        self._show(layer_on_trolley(self.arrival, number))

    def next_layer(self) -> None:
        """The next layer, then the first again."""
        self.layer((self._layer + 1) % len(self.arrival.layers))

    def close_up(self, cube: Cube) -> None:
        """One cube held under the camera."""
        self._show(block_close_up(cube, self._rng))

    def seal(self) -> None:
        """The seal."""
        self._show(seal_in_view(self.arrival.seal, self._rng))

    def hide_cube(self) -> None:
        """A glove lies over a cube of the layer in view."""
        self._show(hide(self._current_layer(), 1))

    def copy_code(self) -> None:
        """A cube carries the code of another one, which is there too."""
        self._show(copy_code(self._current_layer(), 1, 2))

    def change_courier(self) -> None:
        """Somebody steps up who has no permission for this project."""
        strangers = [
            each
            for each in self._world.population.people
            if each.person in self.faces and each.person != self.arrival.deliverer.person
        ]
        self._person = self._random.choice(strangers)
        self.face()

    def next_order(self) -> None:
        """Another courier with another commission."""
        self.receive(self._arrive())

    def _arrive(self, mistakes: tuple[Mistake, ...] = ()) -> Arrival:
        return prepare(self._world, next(self._orders), mistakes, rng=self._random)

    def _current_layer(self) -> Scene:
        return layer_on_trolley(self.arrival, max(0, self._layer))

    def _show(self, scene: Scene) -> None:
        self._camera.show(scene)
