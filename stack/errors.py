"""What can go wrong with a stack, each told to the user in one line."""


class StackError(Exception):
    """An anticipated failure: the message is the line that the user reads, and says how to mend it."""


class NotRunning(StackError):
    """The stack, or the process asked for, is not running."""
