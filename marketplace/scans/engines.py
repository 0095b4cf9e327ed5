"""The rules and the model as a job calls them."""

from marketplace.scanning.confined import scan_confined as static_scan
from marketplace.scanning.questions import REVIEW_VERSION
from marketplace.scanning.review import Ask, Progress
from marketplace.scanning.review import review as model_review

__all__ = ["REVIEW_VERSION", "Ask", "Progress", "model_review", "static_scan"]
