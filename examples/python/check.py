"""Usage: SECRET=pat_... python3 check.py URL [name=value ...]

Asks Postern whether the holder of SECRET is allowed to do something, such as operation=publish entityType=channel entityId=chn_...
Exit codes: 0 allowed, 1 refused, 2 no decision.
"""

import json
import os
import sys
from dataclasses import asdict

from postern import Postern, PosternUnavailable


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    secret = os.environ.get("SECRET")
    check = dict(argument.split("=", 1) for argument in sys.argv[2:])
    try:
        decision = Postern(sys.argv[1]).verify(f"Bearer {secret}" if secret else None, **check)
    except PosternUnavailable as error:
        print(f"Postern cannot decide: {error}", file=sys.stderr)
        return 2
    print(json.dumps({name: value for name, value in asdict(decision).items() if value is not None}))
    return 0 if decision.allowed else 1


if __name__ == "__main__":
    sys.exit(main())
