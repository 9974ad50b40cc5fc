"""The one exception for what a person can cause and mend."""


class GruvizError(Exception):
    """What went wrong and what to do about it, in one line.

    The command line prints the line and exits with status 2; the window shows it in a dialog. Anything else that is
    raised is a defect of gruviz and keeps its traceback.
    """
