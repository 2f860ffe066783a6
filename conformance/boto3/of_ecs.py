from words import client, name, pages, refused, until, waiter

ecs = client("ecs")


def cluster():
    made = name("cluster")
    assert ecs.create_cluster(clusterName=made)["cluster"]["status"] == "ACTIVE"
    return made


def definition(family=None, **more):
    container = {
        "name": "app", "image": "app:1", "essential": True,
        "portMappings": [{"containerPort": 80}],
    }
    made = ecs.register_task_definition(
        family=family or name("family"), requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc", cpu="256", memory="512", containerDefinitions=[container], **more,
    )
    return made["taskDefinition"]


def check_clusters():
    one = cluster()
    assert ecs.create_cluster(clusterName=one)["cluster"]["clusterName"] == one
    described = ecs.describe_clusters(clusters=[one, "none"])
    assert described["clusters"][0]["clusterName"] == one
    assert described["failures"][0]["reason"] == "MISSING"
    assert any(arn.endswith(f"/{one}") for arn in ecs.list_clusters()["clusterArns"])
    assert ecs.delete_cluster(cluster=one)["cluster"]["status"] == "INACTIVE"
    refused("ClusterNotFoundException", ecs.delete_cluster, cluster="none")
    refused("ClusterNotFoundException", ecs.list_services, cluster="none")


def check_clusters_in_pages():
    for _ in range(3):
        cluster()
    found, count = pages(ecs, "list_clusters", "clusterArns", PaginationConfig={"PageSize": 2})
    assert len(found) >= 3 and count >= 2


def check_task_definitions():
    first = definition()
    family = first["family"]
    assert first["revision"] == 1 and first["status"] == "ACTIVE"
    assert first["taskDefinitionArn"].endswith(f":task-definition/{family}:1")
    assert definition(family)["revision"] == 2
    newest = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    assert newest["revision"] == 2 and newest["containerDefinitions"][0]["image"] == "app:1"
    listed = ecs.list_task_definitions(familyPrefix=family, sort="DESC")["taskDefinitionArns"]
    assert [arn.rsplit(":", 1)[1] for arn in listed] == ["2", "1"]
    assert ecs.list_task_definition_families(familyPrefix=family)["families"] == [family]
    gone = ecs.deregister_task_definition(taskDefinition=f"{family}:1")["taskDefinition"]
    assert gone["status"] == "INACTIVE"
    refused("ClientException", ecs.describe_task_definition, taskDefinition="none")
    refused("ClientException", ecs.deregister_task_definition, taskDefinition="none:1")


def check_definitions_are_checked():
    register = ecs.register_task_definition
    container = {"name": "app", "image": "app:1"}
    fargate = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc"}
    one = {"family": name("f"), "containerDefinitions": [container]}
    refused("ClientException", register, cpu="256", memory="9999", **fargate, **one)
    refused("ClientException", register, **fargate, **one)


def check_services_without_tasks():
    one, made = cluster(), definition()
    network = {"awsvpcConfiguration": {"subnets": [subnet()], "assignPublicIp": "ENABLED"}}
    create = {
        "cluster": one, "serviceName": "web", "taskDefinition": made["taskDefinitionArn"],
        "desiredCount": 0, "launchType": "FARGATE", "networkConfiguration": network,
    }
    service = ecs.create_service(**create)["service"]
    assert (service["status"], service["desiredCount"]) == ("ACTIVE", 0)
    same = ecs.create_service(**create)["service"]
    assert same["serviceArn"] == service["serviceArn"]
    other = {**create, "healthCheckGracePeriodSeconds": 5, "desiredCount": 1}
    refused("InvalidParameterException", ecs.create_service, **other)
    waiter(ecs, "services_stable")(cluster=one, services=["web"])
    described = ecs.describe_services(cluster=one, services=["web", "none"])
    assert described["failures"][0]["reason"] == "MISSING"
    deployment = described["services"][0]["deployments"][0]
    assert deployment["status"] == "PRIMARY" and deployment["rolloutState"] == "COMPLETED"
    assert len(ecs.list_services(cluster=one)["serviceArns"]) == 1
    second = definition(made["family"])["taskDefinitionArn"]
    updated = ecs.update_service(cluster=one, service="web", taskDefinition=second)["service"]
    assert updated["taskDefinition"] == second
    refused(
        "ServiceNotFoundException", ecs.update_service, cluster=one, service="none", desiredCount=1
    )
    refused("ClusterContainsServicesException", ecs.delete_cluster, cluster=one)
    assert ecs.delete_service(cluster=one, service="web")["service"]["status"] == "DRAINING"
    waiter(ecs, "services_inactive")(cluster=one, services=["web"])
    until(lambda: ecs.delete_cluster(cluster=one)["cluster"]["status"] == "INACTIVE")


def subnet():
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.90.0.0/16")["Vpc"]["VpcId"]
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.90.1.0/24")["Subnet"]["SubnetId"]


def check_tags():
    made = ecs.create_cluster(
        clusterName=name("tagged"), tags=[{"key": "who", "value": "me"}]
    )["cluster"]["clusterArn"]
    assert ecs.list_tags_for_resource(resourceArn=made)["tags"] == [{"key": "who", "value": "me"}]
    ecs.tag_resource(resourceArn=made, tags=[{"key": "what", "value": "it"}])
    ecs.untag_resource(resourceArn=made, tagKeys=["who"])
    assert ecs.list_tags_for_resource(resourceArn=made)["tags"] == [{"key": "what", "value": "it"}]


def check_tasks():
    one = cluster()
    assert ecs.list_tasks(cluster=one)["taskArns"] == []
    described = ecs.describe_tasks(cluster=one, tasks=["0" * 32])
    assert described["failures"][0]["reason"] == "MISSING"
    refused("InvalidParameterException", ecs.stop_task, cluster=one, task="0" * 32)
