"""Every board, in the order in which they are listed."""

from typing import Final

from deploy.grafana.board import Board
from deploy.grafana.boards.cases import CASES
from deploy.grafana.boards.compare import COMPARE
from deploy.grafana.boards.duty import DUTY
from deploy.grafana.boards.expected import EXPECTED
from deploy.grafana.boards.matters import MATTERS
from deploy.grafana.boards.operations import OPERATIONS
from deploy.grafana.boards.today import TODAY

BOARDS: Final[tuple[Board, ...]] = (TODAY, EXPECTED, CASES, DUTY, MATTERS, COMPARE, OPERATIONS)
