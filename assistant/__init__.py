"""Questions, answers, suggestions and launches: the ``kwslab`` command, its daemon and its terminal interface."""

__version__ = "0.1.0"
