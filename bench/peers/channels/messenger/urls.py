from django.urls import path

from messenger import views

urlpatterns = [
    path("", views.inbox),
    path("chat/<int:conversation_id>/", views.conversation),
    path("chat/<int:conversation_id>/messages/", views.send),
]
