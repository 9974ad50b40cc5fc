"""Where the tour stops: what is on show there, and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gruviz.analysis import SURVIVAL
from gruviz.view import Tab, View, hold, seek, show_range

RNN: Final = "demo-rnn.h5"
GRU: Final = "demo.h5"
LSTM: Final = "demo-lstm.h5"

_LINES: Final = 88
"""Timesteps of the first two lines of the sonnet."""


_ONE_EACH: Final = ((3,), (95,), (53,))
"""A unit of each of the three."""
_ALL: Final = ("update", "reset", "candidate", "hidden", "forget", "input", "output", "cell")


@dataclass(frozen=True)
class Stop:
    """One stop of the tour."""

    title: str
    words: str
    """Rich text. Every number in it is that of the recordings, to the digits given."""
    recordings: tuple[str, ...]
    """What is open, among the assets; several stand beside each other."""
    look: Callable[[View], View]
    """Makes, of the view of a recording just opened, what is to be seen."""
    rings: tuple[str, ...]
    """What is spoken of: panels by their keys, or `units`, the list of them, or `tab`, what stands below it."""
    task: str = ""
    """Something to try."""
    done: Callable[[View], bool] | None = None
    """Whether it was tried."""


def _see(
    *,
    cursor: int,
    stop: int = 64,
    hidden: tuple[str, ...] = (),
    derived: tuple[str, ...] = (),
    units: tuple[tuple[int, ...], ...] = ((), (), ()),
    tab: Tab = "prediction",
    reference: int | None = None,
) -> Callable[[View], View]:
    def look(view: View) -> View:
        panes = tuple(
            replace(pane, units=chosen, order="index", filter="", rows=None)
            for pane, chosen in zip(view.panes, units, strict=False)
        )
        plain = View(length=view.length, hidden=hidden, derived=derived, tab=tab, panes=panes)
        seen = seek(show_range(replace(plain, stop=view.length), 0, stop), cursor)
        return seen if reference is None else hold(seen, reference)

    return look


STOPS: Final = (
    Stop(
        "A network reads",
        "This plain RNN has learned to guess the next letter of Shakespeare’s sonnets. Each column is a letter, each "
        "row one of 96 <b>hidden units</b>. At every timestep the letter x<sub>t</sub> and the state before it give "
        "the new hidden state h<sub>t</sub>. What the network expects to come next stands at the lower right.",
        (RNN,),
        _see(cursor=0),
        ("TextPanel", "hidden"),
        "Press → a few times, or click on a letter.",
        lambda view: view.cursor > 0,
    ),
    Stop(
        "A plain RNN keeps nothing by itself",
        "Its cell has one equation, drawn at the right with the numbers of the selected unit. Every unit is worked "
        "out anew at every letter, from the letter and from all the units: nothing in the cell can leave a unit as it"
        " is. What is to be remembered has to be written again at each timestep.",
        (RNN,),
        _see(cursor=20, units=((3,),), tab="cell"),
        ("tab",),
        "Click on another row: the cell is that unit’s.",
        lambda view: view.pane.units not in ((3,), ()),
    ),
    Stop(
        "The update gate keeps",
        "A GRU has gates. The <b>update gate</b> says, for each unit and letter, how much of the old state is kept: "
        "blue is kept, vermilion is overwritten. The selected unit, 95, falls slowly along the first line. Where the "
        "second line begins, at t = 40, its keep is 0.03: it is overwritten, with 0.98. In the next seven letters the"
        " keep is 0.97 or more, and the unit still says 0.90 after them.",
        (GRU,),
        _see(cursor=36, hidden=("reset", "candidate"), units=((95,),)),
        ("update", "TimelinesPanel"),
        "Press → until the second line begins, at t = 40, and go on.",
        lambda view: view.cursor >= 40,
    ),
    Stop(
        "The reset gate filters",
        "What takes the place of the old state is the <b>candidate</b> n, and the <b>reset gate</b> r says how much "
        "of the old states may speak in it; near 0 the letter alone decides. At spaces it closes, 0.15 in the mean "
        "over this sonnet against 0.44 at letters, for the next word owes little to the letters of the last. The cell"
        " at the right puts the numbers in: h<sub>t</sub> = z · h<sub>t−1</sub> + (1 − z) · n.",
        (GRU,),
        _see(cursor=4, hidden=("update", "candidate"), units=((78,),), tab="cell"),
        ("reset", "tab"),
        "Step from letter to space and on, and follow r.",
        lambda view: view.cursor != 4,
    ),
    Stop(
        "For how long: survival",
        "Keeps multiply. <b>Survival</b> says how much of what a unit held at the marked letter, here t = 40, where "
        "the second line begins, is still there later. Half of the units have less than a tenth of it left after one "
        "letter. The long line is unit 79: 0.94 of it is left after 20 letters, 0.26 after 38. This is the direct "
        "path only: a unit may also read the old states anew through its candidate.",
        (GRU,),
        _see(
            cursor=48,
            stop=_LINES,
            hidden=("reset", "candidate", "hidden"),
            derived=(SURVIVAL,),
            tab="timescales",
            reference=40,
        ),
        (SURVIVAL,),
        "Double-click on another letter, to follow what was held there.",
        lambda view: view.reference not in (40, None),
    ),
    Stop(
        "An LSTM: two gates for one",
        "An LSTM has a memory of its own beside the hidden state, the <b>cell state</b> c. Its <b>forget gate</b> f "
        "says what is kept of it, its <b>input gate</b> i what is written: a GRU does both with one gate, z and 1 − "
        "z. So an LSTM can keep all and add to it, and its c may leave −1 to 1: that of unit 53 falls to −11.3 along "
        "the first line, as if it counted letters, and is back at −1.0 where the second begins. The output gate o "
        "says what of c the other units see, as h.",
        (LSTM,),
        _see(cursor=40, hidden=("candidate", "output", "hidden"), units=((53,),)),
        ("forget", "input", "TimelinesPanel"),
        "Choose other heatmaps with the buttons above them: o is the output gate.",
        lambda view: view.hidden != ("candidate", "output", "hidden"),
    ),
    Stop(
        "Why gradients vanish",
        "Learning follows what happened back through time, and at each step the gradient passes through the cell once"
        " more. The panels show how much the loss at t = 80 depends on the state at each letter before, on a "
        "logarithmic scale. Twenty letters before, the plain RNN has 0.000017 of it left, the GRU 0.46, the LSTM "
        "0.0025; forty letters before, 7 × 10⁻¹¹, 0.89 and 0.0016. From what does not arrive nothing can be learned; "
        "a keep near 1 is a way on which it need not shrink.",
        (RNN, GRU, LSTM),
        _see(cursor=60, stop=_LINES, hidden=_ALL, derived=("gradient",), units=_ONE_EACH, tab="gradient"),
        ("gradient",),
        "Click on a letter: the tab at the right has the numbers. Click on the name of another recording for those of"
        " it.",
        lambda view: view.cursor != 60,
    ),
    Stop(
        "Side by side, and your turn",
        "With as many units and as many steps of training, on text that none of them has seen, the plain RNN needs "
        "2.59 bits for a letter, the GRU 2.42, the LSTM 2.37; but they have 20,478, 45,438 and 57,918 parameters. "
        "<b>File › Compare cells</b> does this with several seeds, equal parameters if you like, and a task or a text"
        " of yours, and measures the time of a step too. <b>Train</b> and <b>Record</b> above open networks of your "
        "own; F1 has all keys.",
        (RNN, GRU, LSTM),
        _see(cursor=40, stop=_LINES, hidden=("reset", "candidate", "input", "output", "cell"), units=_ONE_EACH),
        (),
    ),
)
"""In the order in which they are visited."""
