// The arrays of a program before they have addresses: which values lie where and how, made on demand.

import { assert } from '../../../errors.ts';
import type { GraphValue } from '../../graph.ts';
import type { Values } from '../../work.ts';
import { type Form, floatsOf, formKey } from './form.ts';

/** A stretch of memory. `temporary` ones share memory with others whose time is different. */
export interface Room {
  readonly id: number;
  readonly bytes: number;
  readonly lasting: boolean;
  /** A room that is part of a larger one. */
  readonly within?: { readonly room: Room; readonly offset: number };
  /** Behind everything else in memory, and as large as what comes needs it. */
  readonly grows?: true;
}

/** A value in one arrangement. */
export interface Placed {
  readonly form: Form;
  readonly room: Room;
}

/** Every room of a program, and the values that lie in them. */
export class Arrays {
  readonly rooms: Room[] = [];
  /** What lasting rooms hold before the first run. */
  readonly contents = new Map<Room, Values>();
  readonly #placed = new Map<GraphValue, Map<string, Placed>>();
  readonly #reserved = new Map<GraphValue, Room>();

  room(bytes: number, lasting = false): Room {
    const room = { id: this.rooms.length, bytes, lasting };
    this.rooms.push(room);
    return room;
  }

  /** The one that grows. */
  growing(): Room {
    const known = this.rooms.find((room) => room.grows);
    if (known) return known;
    const room = { id: this.rooms.length, bytes: 0, lasting: true, grows: true } as const;
    this.rooms.push(room);
    return room;
  }

  /** A room that holds `values` from the start. */
  constant(values: Values): Room {
    const room = this.room(values.byteLength, true);
    this.contents.set(room, values);
    return room;
  }

  /**
   * Lasting rooms side by side, for values in row-major order: one loop can go through all of them. What lies between them is
   * no value.
   */
  region(values: readonly GraphValue[]): Room {
    const sizes = values.map((value) => Math.ceil(value.size / 4) * 16);
    const room = this.room(
      sizes.reduce((sum, bytes) => sum + bytes, 0),
      true,
    );
    let offset = 0;
    values.forEach((value, i) => {
      assert(!this.#reserved.has(value) && !this.#placed.has(value), `value ${value.id} has one place`);
      const part = { id: this.rooms.length, bytes: value.size * 4, lasting: true, within: { room, offset } };
      this.rooms.push(part);
      this.#reserved.set(value, part);
      offset += sizes[i];
      if (value.data) {
        this.contents.set(part, value.data);
        this.put(value, null, part);
      }
    });
    return room;
  }

  /** Whoever computes `value` leaves it in the room that waits for `other`. */
  reserve(value: GraphValue, other: GraphValue): void {
    const room = this.#reserved.get(other);
    assert(room && !this.#placed.has(value), `value ${other.id} has a room, and ${value.id} none yet`);
    this.#reserved.set(value, room);
  }

  /** Whether a value has a room waiting for it. */
  isReserved(value: GraphValue): boolean {
    return this.#reserved.has(value);
  }

  /** Every arrangement that there is of a value. */
  formsOf(value: GraphValue): Placed[] {
    const known = this.#placed.get(value);
    if (known) return [...known.values()];
    assert(value.data, `value ${value.id} was placed before it is read`);
    return [this.put(value, null, this.constant(value.data))];
  }

  /** The pixels of floats that a value is there as; null where it is row-major only. */
  pixelForm(value: GraphValue): Form {
    const isPixels = ({ form }: Placed): boolean => formKey(form) !== 'row-major' && !form?.paired;
    return this.formsOf(value).find(isPixels)?.form ?? null;
  }

  find(value: GraphValue, form: Form): Placed | undefined {
    return this.formsOf(value).find((placed) => formKey(placed.form) === formKey(form));
  }

  /** Says where a value lies. */
  put(value: GraphValue, form: Form, room: Room = this.#roomFor(value, form)): Placed {
    const placed = { form, room };
    const forms = this.#placed.get(value) ?? new Map<string, Placed>();
    this.#placed.set(value, forms.set(formKey(form), placed));
    return placed;
  }

  #roomFor(value: GraphValue, form: Form): Room {
    const reserved = formKey(form) === 'row-major' ? this.#reserved.get(value) : undefined;
    return reserved ?? this.room(floatsOf(form, value.size) * 4);
  }
}
