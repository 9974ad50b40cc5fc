"""The guided tour: from a plain RNN to a GRU and an LSTM, in a few stops on the demo recordings.

Its pictures are the live views themselves: each stop puts the window into a state and speaks of what stands there.
"""

from gruviz.ui.tour._stops import STOPS, Stop
from gruviz.ui.tour._tour import Tour

__all__ = ["STOPS", "Stop", "Tour"]
