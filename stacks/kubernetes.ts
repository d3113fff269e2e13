/** An environment on Kubernetes, for a project whose main is this file. */
import { RunError } from "@pulumi/pulumi";
import { readConfiguration } from "./configuration.js";
import { kubernetesEnvironment } from "./kubernetes-environment.js";

const configuration = readConfiguration(new Date());
if (configuration.platform !== "kubernetes")
  throw new RunError(
    `pgkeep:environment.platform is ${configuration.platform}; this program is for kubernetes`,
  );

export const { recoveryPlan, endpoint } = kubernetesEnvironment(configuration);
