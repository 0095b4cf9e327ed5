"""Recipes, their executions, and the journal that lets an execution survive anything."""

from recipes.models.draft import RecipeDraft
from recipes.models.evaluation import Evaluation, EvaluationCase, EvaluationCell, EvaluationSet, EvaluationVariant
from recipes.models.execution import (
    COOKING,
    ENDED_BADLY,
    LIVE_STATUSES,
    Execution,
    ExecutionStatus,
    Mode,
    RunNumber,
    Trigger,
)
from recipes.models.journal import AgentPin, Allowance, Approval, Call, Event, StepAttempt, Worker
from recipes.models.judgement import RunJudgement
from recipes.models.lesson import Lesson
from recipes.models.payload import Payload, PayloadUse
from recipes.models.quality import RecipeFigures, RecipePattern, RecipeSuggestion, RunRating, StepFigures
from recipes.models.recipe import ErrorHandling, Recipe, RecipeStep, RecipeVersion, StepKind, StepSettings, step_title
from recipes.models.saved_view import SavedView
from recipes.models.starts import MissedPolicy, RecipeTrigger, Schedule, ScheduleTick, TriggerDelivery, TriggerKind
from recipes.models.step import ExecutionStep, StepStatus
from recipes.models.workflow import StagePrompt, Workflow, WorkflowStatus

__all__ = [
    "COOKING",
    "ENDED_BADLY",
    "LIVE_STATUSES",
    "AgentPin",
    "Allowance",
    "Approval",
    "Call",
    "ErrorHandling",
    "Evaluation",
    "EvaluationCase",
    "EvaluationCell",
    "EvaluationSet",
    "EvaluationVariant",
    "Event",
    "Execution",
    "ExecutionStatus",
    "ExecutionStep",
    "Lesson",
    "MissedPolicy",
    "Mode",
    "Payload",
    "PayloadUse",
    "Recipe",
    "RecipeDraft",
    "RecipeFigures",
    "RecipePattern",
    "RecipeStep",
    "RecipeSuggestion",
    "RecipeTrigger",
    "RecipeVersion",
    "RunJudgement",
    "RunNumber",
    "RunRating",
    "SavedView",
    "Schedule",
    "ScheduleTick",
    "StagePrompt",
    "StepAttempt",
    "StepFigures",
    "StepKind",
    "StepSettings",
    "StepStatus",
    "Trigger",
    "TriggerDelivery",
    "TriggerKind",
    "Worker",
    "Workflow",
    "WorkflowStatus",
    "step_title",
]
