"""All that can be done, once: menus, toolbar, shortcuts and the page of shortcuts come from this table."""

from dataclasses import dataclass

from gruviz.ui.side import TABS


@dataclass(frozen=True)
class ActionSpec:
    """One thing to do."""

    name: str
    """The method of the window that does it."""
    text: str
    tip: str
    menu: str = ""
    """The menu that it stands in; empty for none."""
    keys: tuple[str, ...] = ()
    toolbar: str = ""
    """The part of the toolbar that it stands in: file, transport or end; empty for none."""
    icon: str = ""
    """The sign that stands for its text in the toolbar."""
    needs_recording: bool = False
    """It can be done while a recording is open only."""
    checkable: bool = False
    """It is on or off."""
    tab: str = ""
    """The tab at the right side that it turns to, whereupon its name is nobody's method; empty for other things."""


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("open", "&Open…", "Open a recording or a model", "&File", ("Ctrl+O",), "file"),
    ActionSpec(
        "compare_with",
        "&Compare with…",
        "Open recordings beside this one, with one cursor: the same sequence, read by other networks",
        "&File",
        ("Ctrl+Shift+O",),
        needs_recording=True,
    ),
    ActionSpec(
        "close_pane",
        "C&lose this one",
        "Close the recording in focus, of several",
        "&File",
        ("Ctrl+W",),
        needs_recording=True,
    ),
    ActionSpec("open_demo", "Open the &demo", "A small GRU that reads sonnets", "&File"),
    ActionSpec(
        "train", "&Train…", "Train a network on a text, a table or a made-up task", "&File", ("Ctrl+N",), "file"
    ),
    ActionSpec(
        "compare", "Co&mpare cells…", "Train an RNN, a GRU and an LSTM on the same task, and compare them", "&File"
    ),
    ActionSpec("record", "&Record…", "Let a network read a sequence, and record it", "&File", ("Ctrl+R",), "file"),
    ActionSpec(
        "new_sequence",
        "Ne&w sequence…",
        "Type a text that the model of this recording reads, and record that",
        "&File",
        ("Ctrl+Shift+N",),
        needs_recording=True,
    ),
    ActionSpec(
        "paste", "&Paste", "Let the model read the text that was copied, or open the file", "&File", ("Ctrl+V",)
    ),
    ActionSpec(
        "export", "&Export…", "Save a figure of what is on show", "&File", ("Ctrl+E",), "file", needs_recording=True
    ),
    ActionSpec("quit", "&Quit", "Close the window", "&File", ("Ctrl+Q",)),
    ActionSpec("go_first", "To the &start", "To the first timestep", "&Go", ("Home",), "transport", "first", True),
    ActionSpec("go_back", "One timestep &back", "Back by exactly 1", "&Go", ("Left",), "transport", "back", True),
    ActionSpec("play", "&Play", "Play, or stop playing", "&Go", ("Space",), "transport", "play", True),
    ActionSpec("go_on", "One timestep &on", "On by exactly 1", "&Go", ("Right",), "transport", "forward", True),
    ActionSpec("go_last", "To the &end", "To the last timestep", "&Go", ("End",), "transport", "last", True),
    ActionSpec("go_back_ten", "Ten timesteps back", "Back by 10", "&Go", ("Shift+Left",), needs_recording=True),
    ActionSpec("go_on_ten", "Ten timesteps on", "On by 10", "&Go", ("Shift+Right",), needs_recording=True),
    ActionSpec(
        "loop",
        "&Loop",
        "Begin again at the end while playing",
        "&Go",
        ("L",),
        "transport",
        "loop",
        needs_recording=True,
        checkable=True,
    ),
    ActionSpec("find_text", "&Find text…", "Find a text in the sequence", "&Go", ("Ctrl+F",), needs_recording=True),
    ActionSpec("find_next", "Find ne&xt", "The next place of the text", "&Go", ("F3",), needs_recording=True),
    ActionSpec(
        "find_previous", "Find pre&vious", "The place of the text before", "&Go", ("Shift+F3",), needs_recording=True
    ),
    ActionSpec("go_to", "&Go to timestep…", "Go to a timestep by its number", "&Go", ("Ctrl+G",), needs_recording=True),
    ActionSpec(
        "reference", "&Mark this timestep", "Put the dashed cursor here, or take it away", "&Go", ("R",), "", "", True
    ),
    ActionSpec(
        "next_sequence", "&Next sequence", "The sequence after this", "&Go", ("Ctrl+Down",), needs_recording=True
    ),
    ActionSpec("previous_sequence", "P&revious sequence", "The one before", "&Go", ("Ctrl+Up",), needs_recording=True),
    ActionSpec(
        "next_pane",
        "Next re&cording",
        "The next of several recordings",
        "&Go",
        ("F6", "Ctrl+Tab"),
        needs_recording=True,
    ),
    ActionSpec(
        "later_checkpoint",
        "La&ter in training",
        "The same sequence, as the network read it at a later step of its training",
        "&Go",
        ("]", "Ctrl+PgDown"),
        needs_recording=True,
    ),
    ActionSpec(
        "earlier_checkpoint",
        "Earl&ier in training",
        "The same sequence, as the network read it at an earlier step of its training",
        "&Go",
        ("[", "Ctrl+PgUp"),
        needs_recording=True,
    ),
    ActionSpec(
        "play_training",
        "Pla&y the training",
        "Go through the training from step to step, or stop",
        "&Go",
        ("Shift+Space",),
        needs_recording=True,
    ),
    ActionSpec(
        "zoom_in", "Zoom &in", "Fewer timesteps, around the cursor", "&View", ("+", "Ctrl++", "="), needs_recording=True
    ),
    ActionSpec("zoom_out", "Zoom &out", "More timesteps", "&View", ("-", "Ctrl+-"), needs_recording=True),
    ActionSpec("show_all", "Whole &sequence", "All timesteps at once", "&View", ("0", "Ctrl+0"), needs_recording=True),
    ActionSpec(
        "read_pages",
        "&Pages",
        "Read the sequence as pages, coloured by one unit",
        "&View",
        ("P",),
        needs_recording=True,
        checkable=True,
    ),
    ActionSpec(
        "mark_range",
        "Mar&k",
        "Mark what was selected by dragging over the pages, as a label; again, to take it back",
        "&View",
        ("M",),
        needs_recording=True,
    ),
    ActionSpec(
        "change_thresholds",
        "&Thresholds…",
        "Where a unit counts as retained or overwritten",
        "&View",
        ("T",),
        needs_recording=True,
    ),
    ActionSpec(
        "shade",
        "Shade the se&quence",
        "Shade each timestep of the sequence by its weight in the state at the cursor",
        "&View",
        ("S",),
        needs_recording=True,
        checkable=True,
    ),
    ActionSpec(
        "filter_units",
        "&Filter units…",
        "Show the units of which something is true",
        "&View",
        ("Ctrl+U",),
        needs_recording=True,
    ),
    ActionSpec("no_unit", "Select &no unit", "Take away all marks", "&View", ("Esc",), needs_recording=True),
    *(
        ActionSpec(
            f"show_{tab.name}",
            tab.title,
            tab.tip,
            "&View",
            (tab.keys,),
            needs_recording=True,
            checkable=True,
            tab=tab.name,
        )
        for tab in TABS
    ),
    ActionSpec("switch_theme", "&Light or dark", "Switch between light and dark", "&View", ("Ctrl+T",), "end", "theme"),
    ActionSpec("follow_system", "Theme of the s&ystem", "Light or dark as the system is", "&View"),
    ActionSpec("take_tour", "&Tour", "RNN, GRU and LSTM in ten minutes, on the demo recordings", "&Help"),
    ActionSpec("help", "&Mouse and keys", "What mouse and keys do", "&Help", ("F1", "?"), "end"),
    ActionSpec("about", "&About gruviz", "Which version this is", "&Help"),
)

MOUSE: tuple[tuple[str, str], ...] = (
    ("Click or drag", "Go to that timestep"),
    ("Click on the time axis, or in the whole sequence", "Go to that timestep"),
    ("Click on a row", "Select its unit; with Ctrl one more"),
    ("Shift + click on a row", "Select all rows from the last one"),
    ("Move over a panel", "Read timestep, symbol, unit and value above"),
    ("Right-click on a panel", "Copy it as a picture"),
    ("Wheel", "Zoom around the pointer"),
    ("Shift + wheel", "Pan"),
    ("Wheel left of the timelines", "Scroll through the selected units"),
    ("Drag on the time axis", "Pan"),
    ("Double-click on the time axis", "See the whole sequence"),
    ("Double-click elsewhere over time", "Mark that timestep, or take the mark away"),
    ("Drag in the whole sequence", "Move the window that is shown"),
    ("Drag over pages, or Shift + click", "Select a range, to mark it"),
    ("Drag in the strip of the training", "See the same sequence earlier or later in the training"),
    ("Shift + drop a recording", "Put it beside the one that is open"),
    ("Drop a file or a text", "Open it, or let the model of the recording read it"),
)
"""What the mouse does, for the page of shortcuts."""
