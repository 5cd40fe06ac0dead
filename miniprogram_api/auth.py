from flask_openapi3 import APIBlueprint

blueprint = APIBlueprint("auth", __name__, url_prefix="/v1")
