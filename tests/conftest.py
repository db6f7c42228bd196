"""For every test: property tests draw the same examples in each run; `make soak` draws others."""

from hypothesis import settings

settings.register_profile("steady", max_examples=25, derandomize=True)
settings.register_profile("search", max_examples=1000, derandomize=False)
settings.load_profile("steady")
