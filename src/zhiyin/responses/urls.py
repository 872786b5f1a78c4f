from django.urls import path, re_path

from zhiyin.responses import views

app_name = "responses"
urlpatterns = [
    path("s/preview/<int:version_id>/", views.preview, name="preview"),
    # Behind granian these two never arrive here: zhiyin.responses.hot answers them first.
    re_path(r"^s/(?P<token>.*)$", views.public, name="survey_page"),
    re_path(r"^u/(?P<token>.*)$", views.public, name="opt_out_page"),
    path("responses/", views.responses, name="responses"),
    path("responses/<int:response_id>/", views.response, name="response"),
]
