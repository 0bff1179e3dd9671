import { describe, expect, it } from 'vitest';
import { ChunkQueue } from './queue.ts';

const numbers = (first: number, count: number) => Float32Array.from({ length: count }, (_, i) => first + i);

async function all(queue: ChunkQueue): Promise<number[][]> {
  const chunks: number[][] = [];
  for (let chunk = await queue.next(); chunk; chunk = await queue.next()) chunks.push([...chunk]);
  return chunks;
}

describe('a queue of chunks', () => {
  it('cuts pieces of any length', async () => {
    const queue = new ChunkQueue({ length: 3, most: 10 });
    queue.push(numbers(0, 2));
    queue.push(numbers(2, 0));
    queue.push(numbers(2, 6));
    queue.push(numbers(8, 2));
    queue.end();
    expect(await all(queue)).toEqual([[0, 1, 2], [3, 4, 5], [6, 7, 8]]); // biome-ignore format: one line
    expect(queue.dropped).toBe(0);
  });

  it('lets a reader wait for the chunk, and for the end', async () => {
    const queue = new ChunkQueue({ length: 2, most: 10 });
    const first = queue.next();
    queue.push(numbers(5, 1));
    queue.push(numbers(6, 1));
    expect(await first).toEqual(numbers(5, 2));
    const second = queue.next();
    queue.end();
    expect(await second).toBeNull();
    queue.push(numbers(0, 4));
    expect(await queue.next()).toBeNull();
  });

  it('drops the oldest for a late reader, and counts them', async () => {
    const queue = new ChunkQueue({ length: 2, most: 2 });
    queue.push(numbers(0, 7));
    queue.push(numbers(7, 2));
    expect(queue.dropped).toBe(4);
    queue.end();
    expect(await all(queue)).toEqual([[4, 5], [6, 7]]); // biome-ignore format: one line
  });

  it('tells an error after what was heard before it, once', async () => {
    const queue = new ChunkQueue({ length: 2, most: 2 });
    queue.push(numbers(0, 2));
    queue.end(new Error('unplugged'));
    queue.end(new Error('later'));
    expect(await queue.next()).toEqual(numbers(0, 2));
    await expect(queue.next()).rejects.toThrow('unplugged');
    expect(await queue.next()).toBeNull();
  });

  it('forgets what waits', async () => {
    const queue = new ChunkQueue({ length: 1, most: 5 });
    queue.push(numbers(0, 3));
    queue.clear();
    queue.end();
    expect(await all(queue)).toEqual([]);
  });
});
