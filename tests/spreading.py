"""How `pytest -n` spreads the tests over its processes, each of which has databases of its own."""

from xdist.scheduler import LoadScopeScheduling

CHAINS = {
    "tests/faults/": "faults",
    "tests/acceptance/test_determinism.py": "stacks",
    "tests/acceptance/test_readme_story.py": "stacks",
    "tests/browser/": "stacks",
    "tests/integration/test_cli_embedded.py": "stacks",
    "tests/integration/test_embedded": "stacks",
    "tests/integration/workers/test_worker_memory.py": "stacks",
    "tests/real_llm/": "stacks",
    # All of them run code as one user, whose processes the kernel counts together.
    "tests/unit/adapters/test_code_runner.py": "code",
    "tests/unit/adapters/test_real_runs.py": "code",
}
"""Tests that run one after another in one process, by how their names begin.

Those that start whole services mostly wait, for leases and for processes to start, while others compute; many at once
would slow each other beyond the times they allow.
"""


class FilesAndChains(LoadScopeScheduling):
    """A chain or a file at a time for whoever is free, in the order of their names: the long ones come first."""

    def _split_scope(self, nodeid: str) -> str:
        found = (chain for start, chain in CHAINS.items() if nodeid.startswith(start))
        return next(found, nodeid.partition("::")[0])
