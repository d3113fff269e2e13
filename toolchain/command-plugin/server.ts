import {
  status,
  type handleUnaryCall,
  type sendUnaryData,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { PluginInfo, type PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import * as wire from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Change } from "./diff.js";
import { EngineLog } from "./engine-log.js";
import type { CallContext } from "./execution.js";
import { fromWire, toWire } from "./messages.js";
import * as provider from "./provider.js";
import type { Failure } from "./schema.js";

const kinds = {
  add: [wire.PropertyDiff.Kind.ADD, wire.PropertyDiff.Kind.ADD_REPLACE],
  delete: [wire.PropertyDiff.Kind.DELETE, wire.PropertyDiff.Kind.DELETE_REPLACE],
  update: [wire.PropertyDiff.Kind.UPDATE, wire.PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

/** The engine's provider protocol: translates its messages, and keeps track of what runs. */
export class ProviderServer {
  private readonly running = new Set<AbortController>();

  constructor(
    private readonly version: string,
    private readonly log: EngineLog,
  ) {}

  /** The service as the gRPC server takes it. Methods that are absent answer "unimplemented". */
  implementation(): UntypedServiceImplementation {
    return {
      getPluginInfo: unary(async () => new PluginInfo().setVersion(this.version)),
      getSchema: unary(async () =>
        new wire.GetSchemaResponse().setSchema(JSON.stringify({ name: "command", version: this.version })),
      ),
      attach: unary(async (request: PluginAttach) => {
        this.log.attach(request.getAddress());
        return new Empty();
      }),
      configure: unary(async () =>
        new wire.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true).setAcceptresources(true),
      ),
      check: unary(async (request: wire.CheckRequest) => {
        const { inputs, failures } = provider.check(request.getUrn(), fromWire(request.getNews()));
        return new wire.CheckResponse()
          .setInputs(toWire(inputs))
          .setFailuresList(failures.map(failureMessage));
      }),
      diff: unary(async (request: wire.DiffRequest) => {
        const olds = fromWire(request.hasOldInputs() ? request.getOldInputs() : request.getOlds());
        return diffMessage(provider.diff(request.getUrn(), olds, fromWire(request.getNews())));
      }),
      create: unary((request: wire.CreateRequest) =>
        this.during(request, async (call) => {
          const { id, state } = await provider.create(call, fromWire(request.getProperties()));
          return new wire.CreateResponse().setId(id).setProperties(toWire(state));
        }),
      ),
      update: unary((request: wire.UpdateRequest) =>
        this.during(request, async (call) => {
          const state = await provider.update(call, fromWire(request.getOlds()), fromWire(request.getNews()));
          return new wire.UpdateResponse().setProperties(toWire(state));
        }),
      ),
      delete: unary((request: wire.DeleteRequest) =>
        this.during(request, async (call) => {
          await provider.remove(call, fromWire(request.getProperties()));
          return new Empty();
        }),
      ),
      read: unary(async (request: wire.ReadRequest) =>
        new wire.ReadResponse()
          .setId(request.getId())
          .setProperties(request.getProperties())
          .setInputs(request.getInputs()),
      ),
      invoke: unary((request: wire.InvokeRequest) =>
        this.during({ getUrn: () => "" }, async ({ context }) => {
          const { outputs, failures } = await provider.invoke(
            request.getTok(),
            fromWire(request.getArgs()),
            context,
          );
          return new wire.InvokeResponse()
            .setReturn(toWire(outputs))
            .setFailuresList(failures.map(failureMessage));
        }),
      ),
      cancel: unary(async () => {
        for (const controller of this.running) controller.abort();
        return new Empty();
      }),
    };
  }

  /** Runs one operation so that it can be cancelled, by the engine or when its time is over. */
  private async during<T>(
    request: { getUrn(): string; getTimeout?(): number; getPreview?(): boolean },
    work: (call: provider.Call) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    const seconds = request.getTimeout?.() ?? 0;
    const timer = seconds > 0 ? setTimeout(() => controller.abort(), seconds * 1000) : undefined;
    const urn = request.getUrn();
    const context: CallContext = {
      signal: controller.signal,
      log: (line) => this.log.status(urn, line),
      warn: (line) => this.log.warning(urn, line),
    };
    this.running.add(controller);
    try {
      return await work({ urn, preview: request.getPreview?.() ?? false, context });
    } finally {
      clearTimeout(timer);
      this.running.delete(controller);
      await this.log.flushed();
    }
  }
}

function unary<Request, Response>(
  handle: (request: Request) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>) => {
    handle(call.request).then(
      (response) => answer(null, response),
      (error: unknown) =>
        answer({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) }),
    );
  };
}

function failureMessage({ property, reason }: Failure): wire.CheckFailure {
  return new wire.CheckFailure().setProperty(property).setReason(reason);
}

function diffMessage(changes: readonly Change[]): wire.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = wire.DiffResponse.DiffChanges;
  const response = new wire.DiffResponse()
    .setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList(changes.map(({ property }) => property))
    .setReplacesList(changes.filter(({ replace }) => replace).map(({ property }) => property))
    .setHasdetaileddiff(true);
  for (const { property, kind, replace } of changes)
    response
      .getDetaileddiffMap()
      .set(property, new wire.PropertyDiff().setKind(kinds[kind][replace ? 1 : 0]).setInputdiff(true));
  return response;
}
