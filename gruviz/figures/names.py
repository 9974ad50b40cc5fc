"""Which figures there are, for those who offer them: known without loading what draws them."""

DESCRIPTIONS = {
    "gates": "heatmaps of gates and states over a range of timesteps, with the text or curve they belong to",
    "timeline": "gates and state of a few units as lines over a range of timesteps, with the counts of all units",
    "pages": "the text as on a page, each symbol coloured by what a unit does there, for one unit or a few",
    "counts": "how many units are retained, mixed, overwritten and rewritten alike at each timestep",
    "survival": "how much of what the units held at one timestep is still there at others, with the median over units",
    "carry": "what of the old state is carried over, what is written, and how far the state moved",
    "timescales": "for how long the units keep what they hold, one by one and as a histogram",
    "saturation": "how often the gates of each unit are all but shut and all but open, a panel for each gate",
    "training": "how gates saturated and timescales spread while the network learned, with gradient norm and loss",
    "cell": "the cell with its equations: with the numbers of a unit at a timestep, or as a textbook has it",
    "composition": "what a state is made of: the text or curve by its weight in it, and what contributes most",
    "gradient": "the norm of the gradient of the loss through time, by layer, or of several recordings",
    "paths": "survival from a timestep, the direct path, beside the gradient that arrives on all paths",
}
"""What each figure shows, in one line, by the name that the command line and the app know it by."""

OF_FOLDERS = {
    "comparison": "RNN, GRU and LSTM side by side: learning curves, results, time, and how a loss runs back",
}
"""Likewise those of what `gruviz compare` made, not of a recording."""

STYLES = {
    "single": "one column, 85 mm",
    "double": "two columns, 170 mm",
    "slide": "a slide, 300 mm, letters from 12 pt",
    "poster": "a poster, 300 mm, letters from 21 pt",
}
"""The sizes that a figure can have, and what each is."""
WIDTHS = {"single": 85.0, "double": 170.0, "slide": 300.0, "poster": 300.0}
"""Their widths, in millimetres."""
FONTS = {"sans": "sans serif", "serif": "serif"}
