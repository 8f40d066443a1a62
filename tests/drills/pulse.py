"""The load of a drill, as who watches it sees it while it runs."""

import threading

from bench.load.process import LoadRun, Result


class Pulse:
    """How many transfers the load has had accepted by now; a thread of its own reads what the generator says."""

    def __init__(self, load: LoadRun) -> None:
        self.accepted = 0
        self._moved = threading.Condition()
        self._load = load
        self._thread = threading.Thread(target=self._listen, name="pulse", daemon=True)
        self._thread.start()

    def wait_for(self, more: int, within_s: float) -> bool:
        """Wait until so many more were accepted than now; whether they were."""
        with self._moved:
            wanted = self.accepted + more
            return self._moved.wait_for(lambda: self.accepted >= wanted, within_s)

    def result(self) -> Result:
        """End the load and read its book."""
        self._load.finish()
        # Both read the generator's output, and its last line must have been taken in.
        self._thread.join()
        return self._load.result()

    def _listen(self) -> None:
        for progress in self._load.progress():
            with self._moved:
                self.accepted = progress.accepted
                self._moved.notify_all()
