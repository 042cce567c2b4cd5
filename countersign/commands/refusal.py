class Refused(Exception):
    """One sentence for the person at the command line, and the exit code."""

    def __init__(self, sentence, code=1):
        super().__init__(sentence)
        self.code = code
