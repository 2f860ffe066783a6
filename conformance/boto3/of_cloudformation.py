import json

from words import client, name, pages, refused, until, waiter

cfn = client("cloudformation")


def body(value="a", **more):
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}
    return json.dumps({
        "Resources": {"One": parameter},
        "Outputs": {"Value": {"Value": {"Fn::GetAtt": ["One", "Value"]}}},
        **more,
    })


def made(**more):
    one = name("stack")
    cfn.create_stack(StackName=one, TemplateBody=body(), **more)
    waiter(cfn, "stack_create_complete")(StackName=one)
    return one


def check_stacks():
    one = made(Tags=[{"Key": "who", "Value": "me"}])
    refused("AlreadyExistsException", cfn.create_stack, StackName=one, TemplateBody=body())
    stack = cfn.describe_stacks(StackName=one)["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"] == "a"
    assert stack["Tags"] == [{"Key": "who", "Value": "me"}]
    cfn.update_stack(StackName=one, TemplateBody=body("b"))
    waiter(cfn, "stack_update_complete")(StackName=one)
    assert cfn.describe_stacks(StackName=one)["Stacks"][0]["Outputs"][0]["OutputValue"] == "b"
    error = refused("ValidationError", cfn.update_stack, StackName=one, TemplateBody=body("b"))
    assert error["Error"]["Message"] == "No updates are to be performed."
    cfn.delete_stack(StackName=one)
    waiter(cfn, "stack_delete_complete")(StackName=stack["StackId"])
    error = refused("ValidationError", cfn.describe_stacks, StackName=one)
    assert error["Error"]["Message"] == f"Stack with id {one} does not exist"
    gone = cfn.describe_stacks(StackName=stack["StackId"])["Stacks"][0]
    assert gone["StackStatus"] == "DELETE_COMPLETE"


def check_what_stacks_are_made_of():
    one = made()
    resource = cfn.describe_stack_resource(StackName=one, LogicalResourceId="One")
    detail = resource["StackResourceDetail"]
    assert detail["ResourceType"] == "AWS::SSM::Parameter"
    assert detail["ResourceStatus"] == "CREATE_COMPLETE"
    assert len(cfn.describe_stack_resources(StackName=one)["StackResources"]) == 1
    listed, _ = pages(cfn, "list_stack_resources", "StackResourceSummaries", StackName=one)
    assert listed[0]["LogicalResourceId"] == "One"
    events, _ = pages(cfn, "describe_stack_events", "StackEvents", StackName=one)
    assert events[0]["ResourceStatus"] == "CREATE_COMPLETE"
    assert events[-1]["ResourceStatusReason"] == "User Initiated"
    template = cfn.get_template(StackName=one)["TemplateBody"]
    assert template["Resources"]["One"]["Type"] == "AWS::SSM::Parameter"
    refused("ValidationError", cfn.describe_stack_resource, StackName=one, LogicalResourceId="No")


def check_a_failing_stack_rolls_back():
    one = name("fails")
    properties = {"Type": "String", "Value": "a", "Name": name("twice")}
    good = {"Type": "AWS::SSM::Parameter", "Properties": properties}
    bad = json.dumps({"Resources": {"Good": good, "Bad": {**good, "DependsOn": "Good"}}})
    cfn.create_stack(StackName=one, TemplateBody=bad)
    status = lambda: cfn.describe_stacks(StackName=one)["Stacks"][0]["StackStatus"]
    until(lambda: status() == "ROLLBACK_COMPLETE")
    reasons = [
        event.get("ResourceStatusReason", "")
        for event in cfn.describe_stack_events(StackName=one)["StackEvents"]
        if event["ResourceStatus"] == "CREATE_FAILED"
    ]
    assert reasons and all(reasons)


def check_change_sets():
    one = made()
    change = {"StackName": one, "ChangeSetName": "change"}
    cfn.create_change_set(TemplateBody=body("b"), **change)
    waiter(cfn, "change_set_create_complete")(**change)
    shown = cfn.describe_change_set(**change)
    assert shown["Changes"][0]["ResourceChange"]["Action"] == "Modify"
    assert shown["ExecutionStatus"] == "AVAILABLE"
    refused("AlreadyExistsException", cfn.create_change_set, TemplateBody=body("c"), **change)
    assert len(cfn.list_change_sets(StackName=one)["Summaries"]) == 1
    cfn.execute_change_set(**change)
    waiter(cfn, "stack_update_complete")(StackName=one)
    same = {"StackName": one, "ChangeSetName": "same"}
    cfn.create_change_set(TemplateBody=body("b"), **same)
    failed = cfn.describe_change_set(**same)
    assert failed["Status"] == "FAILED" and "didn't contain changes" in failed["StatusReason"]
    cfn.delete_change_set(**same)
    refused("ChangeSetNotFound", cfn.describe_change_set, **same)


def check_templates():
    parameters = {"Who": {"Type": "String", "Default": "me", "Description": "who"}}
    summary = cfn.get_template_summary(TemplateBody=body(Parameters=parameters))
    assert summary["ResourceTypes"] == ["AWS::SSM::Parameter"]
    assert summary["Parameters"][0]["DefaultValue"] == "me"
    valid = cfn.validate_template(TemplateBody=body(Parameters=parameters))
    assert valid["Parameters"][0]["ParameterKey"] == "Who"
    refused("ValidationError", cfn.validate_template, TemplateBody="{")
    refused("ValidationError", cfn.validate_template, TemplateBody='{"Resources": {}}')
    missing = body(Parameters={"Who": {"Type": "String"}})
    refused("ValidationError", cfn.create_stack, StackName=name("x"), TemplateBody=missing)
    refused("ValidationError", cfn.create_stack, StackName="not_a_name", TemplateBody=body())


def check_exports_and_protection():
    one = name("exports")
    exported = name("export")
    outputs = {"Out": {"Value": "x", "Export": {"Name": exported}}}
    cfn.create_stack(
        StackName=one, TemplateBody=body(Outputs=outputs), EnableTerminationProtection=True
    )
    waiter(cfn, "stack_create_complete")(StackName=one)
    found, _ = pages(cfn, "list_exports", "Exports")
    assert exported in [have["Name"] for have in found]
    refused("ValidationError", cfn.list_imports, ExportName=exported)
    refused("ValidationError", cfn.delete_stack, StackName=one)
    cfn.update_termination_protection(StackName=one, EnableTerminationProtection=False)
    cfn.delete_stack(StackName=one)
    waiter(cfn, "stack_delete_complete")(StackName=one)


def check_stacks_are_listed():
    one = made()
    listed, _ = pages(
        cfn, "list_stacks", "StackSummaries", StackStatusFilter=["CREATE_COMPLETE"]
    )
    assert one in [have["StackName"] for have in listed]
    found, _ = pages(cfn, "describe_stacks", "Stacks")
    assert one in [have["StackName"] for have in found]
