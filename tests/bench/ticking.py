"""Time that passes only where the work says so."""


class Ticking:
    """A clock, and work that takes so many seconds by it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.done = 0

    def __call__(self) -> float:
        return self.now

    def work(self, *seconds: float) -> None:
        """Of the seconds the first time the first, and so on; the last one ever after."""
        self.now += seconds[min(self.done, len(seconds) - 1)]
        self.done += 1
