"""REST: what a recipe's judge thinks of a run, as a part of the run."""

from typing import Any

from rest_framework import serializers

from recipes.models import RunJudgement


class JudgedPointOut(serializers.Serializer[Any]):
    """A point of the rubric."""

    name = serializers.CharField()
    score = serializers.FloatField(help_text="1 to 5.")
    reason = serializers.CharField()
    quote = serializers.CharField(help_text="Stands in the output word for word; empty where nothing is quoted.")


class VerdictOut(serializers.Serializer[Any]):
    """An opinion with its reasons."""

    score = serializers.FloatField(help_text="1 to 5, the mean of the points.")
    summary = serializers.CharField()
    points = JudgedPointOut(many=True)
    orders = serializers.ListField(
        child=serializers.CharField(), help_text="What stands in the output and orders its reader or judge about."
    )
    left_out = serializers.IntegerField(help_text="Quotes that do not stand in the output.")


class JudgementOut(serializers.Serializer[RunJudgement]):
    """What the recipe's judge thinks of a run; beside its quality and never part of it."""

    status = serializers.ChoiceField(choices=RunJudgement.Status.choices)
    model = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    verdict = VerdictOut(allow_null=True)
    error = serializers.CharField(help_text="Why there is no opinion.")
    cost = serializers.FloatField(help_text="US dollars; counted as calls outside of runs are.")
    judged_at = serializers.DateTimeField(allow_null=True)
