/**
 * Training methods: the frame (loss, state, schedule) and the registry that creates them by name.
 */
package io.holdfast.method;
