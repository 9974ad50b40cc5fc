"""The strip in which the tour speaks."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gruviz.ui.pages import label
from gruviz.ui.theme import STEP, bold
from gruviz.ui.tour._stops import Stop


class TourBar(QWidget):
    """Title, words and something to try at the left, the way on at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tour")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title, self.place = QLabel(), label("", "quiet")
        self.title.setFont(bold(self.font()))
        self.words, self.task = label("", "words"), label("", "task")
        self.words.setTextFormat(Qt.TextFormat.RichText)
        head = QHBoxLayout()
        head.setSpacing(2 * STEP)
        head.addWidget(self.title)
        head.addWidget(self.place)
        head.addStretch(1)
        said = QVBoxLayout()
        said.setSpacing(STEP)
        said.addLayout(head)
        said.addWidget(self.words)
        said.addWidget(self.task)
        self.back, self.on, self.leave = QPushButton("Back"), QPushButton(), QPushButton()
        self.leave.setObjectName("link")
        self.leave.setToolTip("It is found again in the menu Help")
        self.on.setObjectName("primary")
        steps = QHBoxLayout()
        steps.setSpacing(STEP)
        steps.addWidget(self.back)
        steps.addWidget(self.on)
        way = QVBoxLayout()
        way.setSpacing(STEP)
        way.addLayout(steps)
        way.addWidget(self.leave, alignment=Qt.AlignmentFlag.AlignRight)
        way.addStretch(1)
        for button in (self.back, self.on, self.leave):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the arrow keys to the timesteps
        row = QHBoxLayout(self)
        row.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 2 * STEP)
        row.setSpacing(6 * STEP)
        row.addLayout(said, 1)
        row.addLayout(way)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_offer(self, count: int) -> None:
        """Offer the tour to a newcomer."""
        self.title.setText("New to gruviz?")
        self.place.setText("")
        self.words.setText(
            f"A tour of {count} stops shows on live recordings what the gates of a GRU and an LSTM do, what a plain "
            "RNN cannot, and why gradients vanish. It is found again in the menu Help."
        )
        self.task.hide()
        self.back.hide()
        self.on.setText("Take the tour")
        self.leave.setText("Not now")

    def show_stop(self, stop: Stop, number: int, count: int) -> None:
        """Speak of a stop, the `number`th of `count`, from 1."""
        self.title.setText(stop.title)
        self.place.setText(f"{number} of {count}")
        self.words.setText(stop.words)
        self.show_task(stop, False)
        self.back.show()
        self.back.setEnabled(number > 1)
        self.on.setText("Next" if number < count else "Done")
        self.leave.setText("Leave the tour")
        self.leave.setVisible(number < count)

    def show_task(self, stop: Stop, done: bool) -> None:
        """What there is to try, with a tick once it was tried."""
        self.task.setText(f"{'✓' if done else '▸'} {stop.task}" if stop.task else "")
        self.task.setVisible(bool(stop.task))
