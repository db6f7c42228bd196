"""For every test: property tests draw the same examples in each run; `make soak` draws others."""

from hypothesis import settings

settings.register_profile("steady", derandomize=True)
settings.register_profile("search", derandomize=False)
settings.load_profile("steady")
