import io
import json
import time
import zipfile

from botocore.exceptions import ClientError
from words import ACCOUNT, REGION, client, name, pages, refused, status, until, waiter

functions = client("lambda")
iam = client("iam")
logs = client("logs")

CODE = """
def handler(event, context):
    print("event", event.get("n"))
    if event.get("fail"):
        raise ValueError("told to")
    return {"n": event.get("n"), "id": context.aws_request_id, "name": context.function_name}
"""


def zipped(text=CODE):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("index.py", text)
    return data.getvalue()


def role():
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"},
    }]}
    made = iam.create_role(RoleName=name("role"), AssumeRolePolicyDocument=json.dumps(trust))
    return made["Role"]["Arn"]


def function(stem="f", **members):
    """A function that is active; its name."""
    called = name(stem)
    functions.create_function(
        FunctionName=called, Runtime="python3.13", Handler="index.handler", Role=role(),
        Code={"ZipFile": zipped()}, **members,
    )
    waiter(functions, "function_active_v2")(FunctionName=called)
    return called


def invoked(called, event, **members):
    answer = functions.invoke(FunctionName=called, Payload=json.dumps(event), **members)
    return answer, json.loads(answer["Payload"].read() or "null")


def check_made_and_shown():
    called = function(Timeout=5, MemorySize=256, Environment={"Variables": {"A": "1"}})
    shown = functions.get_function_configuration(FunctionName=called)
    assert (shown["Timeout"], shown["MemorySize"]) == (5, 256)
    assert shown["FunctionArn"] == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{called}"
    assert (shown["State"], shown["LastUpdateStatus"]) == ("Active", "Successful")
    listed, _ = pages(functions, "list_functions", "Functions", PaginationConfig={"PageSize": 2})
    assert called in [one["FunctionName"] for one in listed]
    refused(
        "ResourceConflictException", functions.create_function, FunctionName=called,
        Runtime="python3.13", Handler="index.handler", Role=role(), Code={"ZipFile": zipped()},
    )
    functions.delete_function(FunctionName=called)
    refused("ResourceNotFoundException", functions.get_function, FunctionName=called)


def check_refused_settings():
    made = {"Handler": "index.handler", "Role": role(), "Code": {"ZipFile": zipped()}}
    code = "InvalidParameterValueException"
    refused(code, functions.create_function, FunctionName=name("f"), Runtime="python9.9", **made)
    refused(
        code, functions.create_function, FunctionName=name("f"), Runtime="python3.13",
        Environment={"Variables": {"AWS_REGION": "x"}}, **made,
    )
    distrust = {**made, "Role": f"arn:aws:iam::{ACCOUNT}:role/nobody"}
    refused(code, functions.create_function, FunctionName=name("f"), Runtime="python3.13", **distrust)


def check_invoked_in_step():
    called = function()
    answer, result = invoked(called, {"n": 1}, LogType="Tail")
    assert (status(answer), result["n"], result["name"]) == (200, 1, called)
    assert result["id"] == answer["ResponseMetadata"]["RequestId"]
    assert "FunctionError" not in answer and answer["LogResult"]
    answer, result = invoked(called, {"fail": 1})
    assert (status(answer), answer["FunctionError"]) == (200, "Unhandled")
    assert (result["errorType"], result["errorMessage"]) == ("ValueError", "told to")
    refused("InvalidRequestContentException", functions.invoke, FunctionName=called, Payload=b"x")
    refused("ResourceNotFoundException", functions.invoke, FunctionName=name("nobody"))
    assert status(invoked(called, {}, InvocationType="DryRun")[0]) == 204


def check_events_are_run_later():
    called = function()
    answer, _ = invoked(called, {"n": 7}, InvocationType="Event")
    assert status(answer) == 202
    group = f"/aws/lambda/{called}"

    def seen():
        try:
            found, _ = pages(logs, "filter_log_events", "events", logGroupName=group)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ResourceNotFoundException"
            return False
        lines = [one["message"] for one in found]
        return any("event 7" in line for line in lines) and any("REPORT" in line for line in lines)

    until(seen)


def check_concurrency():
    called = function()
    functions.put_function_concurrency(FunctionName=called, ReservedConcurrentExecutions=0)
    answer = refused("TooManyRequestsException", functions.invoke, FunctionName=called)
    assert status(answer) == 429
    functions.delete_function_concurrency(FunctionName=called)
    assert invoked(called, {"n": 2})[1]["n"] == 2


def check_code_versions_and_aliases():
    called = function()
    first = functions.publish_version(FunctionName=called)["Version"]
    changed = CODE.replace('{"n": event', '{"changed": True, "n": event')
    functions.update_function_code(FunctionName=called, ZipFile=zipped(changed))
    waiter(functions, "function_updated_v2")(FunctionName=called)
    second = functions.publish_version(FunctionName=called)["Version"]
    assert (first, second) == ("1", "2")
    functions.create_alias(FunctionName=called, Name="live", FunctionVersion=first)
    answer, result = invoked(called, {}, Qualifier="live")
    assert answer["ExecutedVersion"] == first and "changed" not in result
    functions.update_alias(FunctionName=called, Name="live", FunctionVersion=second)
    answer, result = invoked(f"{called}:live", {})
    assert answer["ExecutedVersion"] == second and result["changed"]
    shown, _ = pages(functions, "list_versions_by_function", "Versions", FunctionName=called)
    assert [one["Version"] for one in shown] == ["$LATEST", "1", "2"]
    refused("ResourceNotFoundException", functions.invoke, FunctionName=called, Qualifier="9")


def check_permissions():
    called = function()
    functions.add_permission(
        FunctionName=called, StatementId="alb", Action="lambda:InvokeFunction",
        Principal="elasticloadbalancing.amazonaws.com",
    )
    policy = json.loads(functions.get_policy(FunctionName=called)["Policy"])
    assert policy["Statement"][0]["Principal"] == {"Service": "elasticloadbalancing.amazonaws.com"}
    functions.remove_permission(FunctionName=called, StatementId="alb")
    refused("ResourceNotFoundException", functions.get_policy, FunctionName=called)


def check_a_target_of_a_load_balancer():
    elbv2, called = client("elbv2"), function()
    arn = functions.get_function_configuration(FunctionName=called)["FunctionArn"]
    made = elbv2.create_target_group(Name=called[:32], TargetType="lambda")["TargetGroups"][0]
    assert made["HealthCheckEnabled"] is False and "Port" not in made
    targets = {"TargetGroupArn": made["TargetGroupArn"], "Targets": [{"Id": arn}]}
    refused("AccessDenied", elbv2.register_targets, **targets)
    functions.add_permission(
        FunctionName=called, StatementId="alb", Action="lambda:InvokeFunction",
        Principal="elasticloadbalancing.amazonaws.com", SourceArn=made["TargetGroupArn"],
    )
    elbv2.register_targets(**targets)
    health = elbv2.describe_target_health(TargetGroupArn=made["TargetGroupArn"])
    assert [one["Target"]["Id"] for one in health["TargetHealthDescriptions"]] == [arn]
    elbv2.deregister_targets(**targets)
    elbv2.delete_target_group(TargetGroupArn=made["TargetGroupArn"])


def check_a_timeout_is_told():
    slow = CODE.replace("    print(", "    import time; time.sleep(9)\n    print(")
    called = function(Timeout=1)
    functions.update_function_code(FunctionName=called, ZipFile=zipped(slow))
    waiter(functions, "function_updated_v2")(FunctionName=called)
    began = time.monotonic()
    answer, result = invoked(called, {})
    assert answer["FunctionError"] == "Unhandled" and time.monotonic() - began < 8
    assert result["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in result["errorMessage"]
