package io.holdfast.train;

import io.holdfast.runtime.CompilerThreads;
import io.holdfast.runtime.NativeAllocator;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.apache.spark.TaskContext;

/**
 * The slots of one executor. A slot serves one task at a time; when another run comes, the slots of
 * the last one go.
 */
final class TrainingHost {
  private static final TrainingHost INSTANCE = new TrainingHost();

  private final Deque<TrainingSlot<?>> free = new ArrayDeque<>();
  private String key;
  private int made;

  private TrainingHost() {
    NativeAllocator.keepFreedMemory();
    CompilerThreads.stepBack();
  }

  static <B, T> T with(
      SlotSpec<B> spec, TaskContext task, Function<TrainingSlot<B>, Callable<T>> work) {
    TrainingSlot<B> slot = INSTANCE.take(spec);
    try {
      return slot.call(task, work.apply(slot));
    } finally {
      INSTANCE.giveBack(spec, slot);
    }
  }

  @SuppressWarnings("unchecked") // Slots of one key have buffers of one type.
  private synchronized <B> TrainingSlot<B> take(SlotSpec<B> spec) {
    if (!spec.key().equals(key)) {
      free.forEach(TrainingSlot::close);
      free.clear();
      key = spec.key();
    }
    TrainingSlot<?> slot = free.pollFirst();
    return slot != null ? (TrainingSlot<B>) slot : new TrainingSlot<>(spec, made++);
  }

  private synchronized void giveBack(SlotSpec<?> spec, TrainingSlot<?> slot) {
    if (spec.key().equals(key)) {
      free.addFirst(slot);
    } else {
      slot.close();
    }
  }
}
