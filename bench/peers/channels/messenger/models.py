from django.contrib.auth.models import User
from django.db import models


class Conversation(models.Model):
    title = models.CharField(max_length=100)
    participants = models.ManyToManyField(User, through="Participant")
    last_message = models.ForeignKey("Message", models.SET_NULL, null=True, related_name="+")
    active_at = models.DateTimeField(auto_now_add=True)


class Participant(models.Model):
    user = models.ForeignKey(User, models.CASCADE)
    conversation = models.ForeignKey(Conversation, models.CASCADE)
    read_id = models.BigIntegerField(default=0)

    class Meta:
        unique_together = [("user", "conversation")]


class Message(models.Model):
    conversation = models.ForeignKey(Conversation, models.CASCADE)
    author = models.ForeignKey(User, models.CASCADE)
    client_id = models.UUIDField(unique=True)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["conversation", "id"])]
