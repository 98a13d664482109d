"""Fits the ease model of `app/domain/simplicity.py` and prints its constants, with cross-validation.

Ridge regression of a reader's school grade on three numbers. `python -m benchmarks.ease.train [--json]`.
"""

import argparse
import json

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

from app.domain.simplicity import model_inputs, readability
from app.domain.tokens import tokenise
from benchmarks.ease.texts import graded_texts

STRENGTH = 10.0
FOLDS = 10
Values = NDArray[np.float64]


def fit(inputs: Values, grades: Values) -> Values:
    """(4,): intercept and slopes; the inputs are standardised for the penalty only."""
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0)
    model = Ridge(alpha=STRENGTH).fit((inputs - mean) / scale, grades)
    # Ridge draws towards the mean; stretched, as many texts are very easy or very hard as readers say.
    stretch = grades.std() / model.predict((inputs - mean) / scale).std()
    slopes = stretch * model.coef_ / scale
    return np.array([grades.mean() - slopes @ mean, *slopes])


def held_out(inputs: Values, grades: Values) -> Values:
    """The grade of each text by a model that did not see it."""
    found = np.zeros(len(grades))
    for train, test in KFold(FOLDS, shuffle=True, random_state=0).split(inputs):
        constants = fit(inputs[train], grades[train])
        found[test] = constants[0] + inputs[test] @ constants[1:]
    return found


def main() -> None:
    """Print constants and cross-validated figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    texts = graded_texts()
    read = readability(tokenise([text.text for text in texts]))
    inputs, grades = model_inputs(read), np.array([text.grade for text in texts])
    guesses, parts = held_out(inputs, grades), np.array([text.part for text in texts])
    slope, intercept = np.polyfit(inputs[:, 1], inputs[:, 2], 1)
    report = {
        "constants": fit(inputs, grades).round(3).tolist(),
        "grade_by_syllables": [round(float(intercept), 2), round(float(slope), 2)],
        "held_out": {
            part: {
                "n": int((parts == part).sum()),
                "pearson": round(float(pearsonr(guesses[parts == part], grades[parts == part])[0]), 3),
                "fkgl": round(float(pearsonr(read.fkgl[parts == part], grades[parts == part])[0]), 3),
                "mean_error": round(float(np.abs(guesses - grades)[parts == part].mean()), 2),
            }
            for part in dict.fromkeys(parts.tolist())
        },
    }
    print(json.dumps(report) if parser.parse_args().json else json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
