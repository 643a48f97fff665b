import subprocess
import sys
from pathlib import Path


def test_a_loaded_model_needs_nothing_that_was_not_compiled_ahead(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
import numpy as np
from recommender.models.sessions import answering, model, warming
from tests.recommender.models.sessions.logs import SMALL, nothing_known, wandering
warming.warm()
before = len(answering.answer.signatures)
fitted = model.SessionModel.fit_sources(wandering(50), SMALL, **nothing_known(60))
fitted.save(Path({str(tmp_path)!r}))
model.SessionModel.load(Path({str(tmp_path)!r})).rank(np.array([1, 2]), np.array([1, 3]), discover=True)
print(before, len(answering.answer.signatures))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    before, after = found.stdout.split()
    assert before == after
