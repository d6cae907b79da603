// OpenTok's events: one or several names, or an object of handlers; most have a default that a handler can prevent.

export interface OTEvent {
  readonly type: string;
  readonly target: unknown;
  readonly cancelable: boolean;
  preventDefault(): void;
  isDefaultPrevented(): boolean;
}

// What an event carries beside its type differs from one to the next, and applications read it untyped.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Handler = (event: any) => void;
export type Handlers = Record<string, Handler>;

interface Registration {
  handler: Handler;
  context: unknown;
  once: boolean;
}

export class Emitter {
  private readonly registrations = new Map<string, Registration[]>();

  /** Methods are the object's own, so that they work detached from it and spread into another. */
  constructor() {
    for (let each: unknown = Object.getPrototypeOf(this); each !== Object.prototype; each = Object.getPrototypeOf(each)) {
      for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(each as object))) {
        if (typeof value !== "function" || name === "constructor" || Object.hasOwn(this, name)) continue;
        const method = value as (...args: unknown[]) => unknown;
        Object.defineProperty(this, name, { value: method.bind(this), enumerable: true, configurable: true, writable: true });
      }
    }
  }

  on(names: string | object, handlerOrContext?: unknown, context?: unknown): this {
    return this.register(names, handlerOrContext, context, false);
  }

  once(names: string | object, handlerOrContext?: unknown, context?: unknown): this {
    return this.register(names, handlerOrContext, context, true);
  }

  /** Without a handler, all of those names; without anything, all there are. */
  off(names?: string | object, handlerOrContext?: unknown, context?: unknown): this {
    if (names === undefined) this.registrations.clear();
    else if (typeof names === "string") {
      for (const name of split(names)) this.forget(name, handlerOrContext as Handler | undefined, context);
    } else {
      for (const [name, handler] of Object.entries(names as Handlers)) this.forget(name, handler, handlerOrContext);
    }
    return this;
  }

  addEventListener(name: string, handler: Handler, context?: unknown): this {
    return this.on(name, handler, context);
  }

  removeEventListener(name: string, handler: Handler, context?: unknown): this {
    return this.off(name, handler, context);
  }

  /** Tells all handlers; `byDefault` happens afterwards unless one of them prevented it. */
  dispatch(type: string, details: object = {}, byDefault?: () => void, as: string = type): void {
    const outcome = { prevented: false };
    const event: OTEvent = {
      ...details,
      type: as,
      target: this,
      cancelable: byDefault !== undefined,
      preventDefault: () => (outcome.prevented = byDefault !== undefined),
      isDefaultPrevented: () => outcome.prevented,
    };
    for (const registration of [...(this.registrations.get(type) ?? [])]) {
      if (registration.once) this.forget(type, registration.handler, registration.context);
      try {
        registration.handler.call(registration.context, event);
      } catch (error) {
        console.error(`A handler of ${type} failed:`, error);
      }
    }
    if (!outcome.prevented) byDefault?.();
  }

  /** Somebody listens; for what costs something to find out. */
  protected awaited?(name: string): void;

  private register(names: string | object, handlerOrContext: unknown, context: unknown, once: boolean): this {
    if (typeof names === "string") {
      for (const name of split(names)) this.add(name, { handler: handlerOrContext as Handler, context, once });
    } else {
      for (const [name, handler] of Object.entries(names as Handlers)) this.add(name, { handler, context: handlerOrContext, once });
    }
    return this;
  }

  private add(name: string, registration: Registration): void {
    if (typeof registration.handler !== "function") throw new TypeError(`The handler of ${name} is not a function`);
    this.registrations.set(name, [...(this.registrations.get(name) ?? []), registration]);
    this.awaited?.(name);
  }

  private forget(name: string, handler: Handler | undefined, context: unknown): void {
    const left = (this.registrations.get(name) ?? []).filter(
      (each) => handler !== undefined && (each.handler !== handler || (context !== undefined && each.context !== context)),
    );
    this.registrations.set(name, left);
  }
}

function split(names: string): string[] {
  return names.split(" ").filter(Boolean);
}
