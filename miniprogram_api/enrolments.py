from flask_openapi3 import APIBlueprint

blueprint = APIBlueprint("enrolments", __name__, url_prefix="/v1")
