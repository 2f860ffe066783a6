// A site as CDK users write it: a Fargate service behind a load balancer (the pattern of
// aws-ecs-patterns), CloudFront before it, and a bucket with the page for the time when it is down.
// What Standin needs to know is metadata of the resource: addMetadata("Standin", ...).
const path = require("node:path");
const { App, CfnOutput, RemovalPolicy, Stack } = require("aws-cdk-lib");
const cloudfront = require("aws-cdk-lib/aws-cloudfront");
const origins = require("aws-cdk-lib/aws-cloudfront-origins");
const ec2 = require("aws-cdk-lib/aws-ec2");
const ecs = require("aws-cdk-lib/aws-ecs");
const patterns = require("aws-cdk-lib/aws-ecs-patterns");
const s3 = require("aws-cdk-lib/aws-s3");

class Site extends Stack {
  constructor(scope, id, props) {
    super(scope, id, props);
    const vpc = new ec2.Vpc(this, "Net", {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: "front", subnetType: ec2.SubnetType.PUBLIC }],
    });
    const web = new patterns.ApplicationLoadBalancedFargateService(this, "Web", {
      vpc,
      assignPublicIp: true,
      desiredCount: 2,
      minHealthyPercent: 50,
      taskImageOptions: {
        // An image of a registry. One built by CDK (ContainerImage.fromAsset) runs here as well: no
        // image is pulled, the command below stands for it.
        image: ecs.ContainerImage.fromRegistry("example/web:1"),
        containerPort: 9000,
        environment: { GREETING: "hello from CDK" },
      },
      circuitBreaker: { rollback: true },
    });
    web.targetGroup.configureHealthCheck({ path: "/healthz" });
    web.targetGroup.setAttribute("deregistration_delay.timeout_seconds", "5");
    web.taskDefinition.node.defaultChild.addMetadata("Standin", {
      Containers: {
        web: {
          Command: [process.env.PROGRAM],
          Environment: { BIND_ADDRESS: "${TASK_ADDRESS}", PORT: "9000" },
        },
      },
    });

    const pages = new s3.Bucket(this, "Pages", { removalPolicy: RemovalPolicy.DESTROY });
    // In the place of s3-deployment.BucketDeployment, which is a custom resource.
    pages.node.defaultChild.addMetadata("Standin", { Folder: path.resolve(__dirname, "pages") });

    const edge = new cloudfront.Distribution(this, "Edge", {
      defaultBehavior: {
        origin: new origins.LoadBalancerV2Origin(web.loadBalancer, {
          protocolPolicy: cloudfront.OriginProtocolPolicy.HTTP_ONLY,
        }),
        allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
        cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
        originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER,
      },
      additionalBehaviors: {
        "/down/*": { origin: origins.S3BucketOrigin.withOriginAccessControl(pages) },
      },
      errorResponses: [502, 503, 504].map((httpStatus) => ({
        httpStatus,
        responseHttpStatus: 503,
        responsePagePath: "/down/sorry.html",
      })),
    });
    new CfnOutput(this, "Domain", { value: edge.distributionDomainName });
    new CfnOutput(this, "Service", { value: web.service.serviceName });
    new CfnOutput(this, "Cluster", { value: web.cluster.clusterName });
  }
}

const app = new App();
new Site(app, "Site");
app.synth();
