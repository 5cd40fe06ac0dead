from flask_openapi3 import APIBlueprint

blueprint = APIBlueprint("study", __name__, url_prefix="/v1")
